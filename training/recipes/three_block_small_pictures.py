"""Second part of the three-block student's distillation: more on pictures of 160 pixels, half as dear as those of 224.

Command: python -m training release --recipe three_block_small_pictures
Time: on two cores 20 minutes, after its first part.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

BRIEF = load_recipe("three_block_brief")

RECIPE = replace(BRIEF, name="three_block_small_pictures", fit=replace(BRIEF.fit, cycles=(20,)), start=BRIEF.name)
