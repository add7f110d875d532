"""First part of the three-block student's distillation: three_block_brief without the four stages that hurt.

Command: python -m training distil --recipe three_block_plain
Time: on two cores 4 minutes a seed, where label_store has the teachers' answers.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.arms import NEEDED_STAGES
from training.recipe import load_recipe

BRIEF = load_recipe("three_block_brief")

RECIPE = replace(BRIEF, name="three_block_plain", preprocess=replace(BRIEF.preprocess, stages=NEEDED_STAGES))
