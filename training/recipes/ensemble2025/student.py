"""Student of the report of 2025: MobileNetV2 from random, taught by ResNet-50 and DenseNet169 at temperature 50.

Command: python -m training release --recipe ensemble2025_student
Time: the teachers' and about two hours for 20 epochs on two cores. Over the size limit of model_store: not put there.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec, NetworkSpec

TEACHER = load_recipe("ensemble2025_densenet169")

RECIPE = replace(
    TEACHER,
    name="ensemble2025_student",
    fit=replace(TEACHER.fit, peak_learning_rate=0.001, views=0),
    network=NetworkSpec(name="mobilenet_v2", weights="random", head_units=512, dropout=0.3),
    distil=DistilSpec(teachers=("ensemble2025_resnet50", TEACHER.name), temperature=50.0, alpha=0.2, views=4),
)
"""The student's learning rate is Adam's own 1e-3: only the teachers' is published."""
