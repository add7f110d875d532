"""First part of our own student's distillation, in which the evidence compares: the views of the three-block one.

Command: python -m training distil --recipe mobile_short_brief
Time: 11 minutes a seed on one core, where label_store has the teachers' answers.
Result: docs/figures/learning_curves.json and docs/figures/evidence.json, of the validation part.
"""

from dataclasses import replace

from training.recipe import load_recipe

THREE_BLOCK, HARD = load_recipe("three_block_brief"), load_recipe("mobile_short_ham10000")

RECIPE = replace(
    THREE_BLOCK,
    name="mobile_short_brief",
    preprocess=HARD.preprocess,
    fit=replace(
        THREE_BLOCK.fit,
        cycles=(6,),
        warmup_epochs=HARD.fit.warmup_epochs,
        peak_learning_rate=HARD.fit.peak_learning_rate,
        mixed_precision=HARD.fit.mixed_precision,
    ),
    network=HARD.network,
)
