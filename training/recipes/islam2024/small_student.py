"""Student of Islam et al. 2024, taught by the fusion of DenseNet169 and ResNet-50; HAM10000 by image, as published.

Command: python -m training release --recipe islam2024_small_student
Time: the teacher's and at most 75 minutes on two cores; it stops when validation makes no progress for 8 epochs.
Result: docs/results/islam2024_small_student
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec

PUBLISHED, TEACHER = load_recipe("islam2024_student"), load_recipe("islam2024_small_teacher")

RECIPE = replace(
    PUBLISHED,
    name="islam2024_small_student",
    fit=replace(PUBLISHED.fit, patience=8),
    distil=DistilSpec(teachers=(TEACHER.name,), temperature=1.0, alpha=0.5, views=TEACHER.fit.views),
)
