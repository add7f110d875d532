"""First part of the three-block student's distillation: pictures of 160 pixels, half as dear as those of 224.

Command: python -m training release --recipe three_block_small_pictures
Time: on two cores 20 minutes, where label_store has the teacher's answers.
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
    name="three_block_small_pictures",
    version="1.0.0",
    note="",
    preprocess=replace(HARD.preprocess, working_size=160, output_size=160),
    augment=replace(HARD.augment, brightness=0.1, contrast=0.2, zoom=0.25, blur=1.0, mixup=0.3),
    fit=replace(HARD.fit, cycles=(30,), class_weight_power=0.0),
    distil=DistilSpec(teachers=("densenet169_long",), temperature=2.0, alpha=0.0, views=16, bank="ham10000"),
)
