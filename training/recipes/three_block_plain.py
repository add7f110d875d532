"""First part of the three-block student's distillation: three_block_brief without the four stages that hurt.

Command: python -m training distil --recipe three_block_plain
Time: 4 minutes a seed on one core that has bfloat16, where label_store has the teachers' answers.
Result: docs/figures/learning_curves.json and docs/figures/evidence.json, of the validation part.
"""

from dataclasses import replace

from training.arms import NEEDED_STAGES
from training.recipe import load_recipe

BRIEF = load_recipe("three_block_brief")

RECIPE = replace(BRIEF, name="three_block_plain", preprocess=replace(BRIEF.preprocess, stages=NEEDED_STAGES))
