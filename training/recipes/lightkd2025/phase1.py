"""Phase 1 of the study of 2025: MobileNetV2 from ImageNet with a dense layer, taught by DenseNet169; by lesion.

Command: python -m training release --recipe lightkd2025_phase1
Time: the teacher's hour and about two more on two cores.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec, NetworkSpec

TEACHER = load_recipe("densenet169_ham10000")

RECIPE = replace(
    TEACHER,
    name="lightkd2025_phase1",
    fit=replace(TEACHER.fit, cycles=(20,), warmup_epochs=1, class_weight_power=0.0, mixed_precision="auto"),
    network=NetworkSpec(name="mobilenet_v2", head_units=128, dropout=0.3),
    distil=DistilSpec(teachers=(TEACHER.name,), temperature=3.0, alpha=0.3, views=8),
)
