"""As ensemble2025_student on pictures of 128 pixels, for machines without a GPU; its teachers see 224 pixels.

Command: python -m training release --recipe ensemble2025_small_student
Time: the teachers' and at most 75 minutes for 20 epochs on two cores; it stops when validation makes no progress for 4.
    Over the size limit of model_store: not put there.
Result: docs/results/ensemble2025_small_student
"""

from dataclasses import replace

from training.recipe import load_recipe

FULL = load_recipe("ensemble2025_student")

RECIPE = replace(
    FULL,
    name="ensemble2025_small_student",
    preprocess=replace(FULL.preprocess, working_size=128, output_size=128),
    fit=replace(FULL.fit, plateau_patience=2, patience=4),
)
