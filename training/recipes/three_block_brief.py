"""First part of the three-block student's distillation, in which the evidence compares: 8 epochs on 160 pixels.

Command: python -m training release --recipe three_block_brief
Time: on two cores 8 minutes, where label_store has the teacher's answers.
Result: none of all pictures yet; the tests run its small form.
Method: Beyer et al. 2022 (teacher and student see the very same view, KL alone), here with a soft-label bank; small
pictures first as densenet169_small_pictures says.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec

HARD = load_recipe("three_block_ham10000")

RECIPE = replace(
    HARD,
    name="three_block_brief",
    version="1.0.0",
    note="",
    preprocess=replace(HARD.preprocess, working_size=160, output_size=160),
    augment=replace(HARD.augment, brightness=0.1, contrast=0.2, zoom=0.25, blur=1.0, mixup=0.3),
    fit=replace(HARD.fit, cycles=(8,), warmup_epochs=1, class_weight_power=0.0),
    distil=DistilSpec(
        teachers=("densenet169_long", "mobile_short_ham10000"), temperature=2.0, alpha=0.0, views=16, bank="ham10000"
    ),
)
