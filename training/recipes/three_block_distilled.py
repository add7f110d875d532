"""The three-block student, taught by DenseNet169: function matching on twelve views with mixed pictures.

Command: python -m training release --recipe three_block_distilled
Time: on two cores an hour for the teacher, half an hour for its answers, an hour and a half for the student.
Method: Beyer et al. 2022 (teacher and student see the very same view, KL alone), here with a soft-label bank.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec

HARD = load_recipe("three_block_ham10000")

RECIPE = replace(
    HARD,
    name="three_block_distilled",
    version="1.0.0",
    note="",
    augment=replace(HARD.augment, mixup=0.3),
    fit=replace(HARD.fit, cycles=(60,), class_weight_power=0.0),
    distil=DistilSpec(teachers=("densenet169_ham10000",), temperature=2.0, alpha=0.0, views=12),
)
