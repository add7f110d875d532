"""The three-block student behind all six stages, taught for 5 epochs: what the evidence of stages compares with.

Command: python -m training distil --recipe three_block_brief
Time: 4 minutes a seed on one core that has bfloat16, where label_store has the teachers' answers.
Result: docs/figures/learning_curves.json and docs/figures/evidence.json, of the validation part.
Method: Beyer et al. 2022 (teacher and student see the very same view, KL alone), here with a soft-label bank.
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
    # Three blocks see 22 pixels around a place at most, whatever the size: of a small picture that is more of the
    # lesion, and three epochs of it cost as much as one of 224.
    preprocess=replace(HARD.preprocess, working_size=128, output_size=128),
    augment=replace(HARD.augment, brightness=0.1, contrast=0.2, zoom=0.25, blur=1.0, mixup=0.3),
    fit=replace(HARD.fit, cycles=(5,), warmup_epochs=1, class_weight_power=0.0, mixed_precision="auto"),
    distil=DistilSpec(
        teachers=("resnet50_ham10000", "mobile_short_ham10000"), temperature=2.0, alpha=0.0, views=8, bank="ham10000"
    ),
    seeds=(1, 2, 3),
)
"""Our own student on hard labels is one of its own teachers: a small network errs elsewhere than a large one does."""
