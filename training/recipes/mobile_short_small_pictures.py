"""Second part of our own student's distillation: more on pictures of 160 pixels.

Command: python -m training release --recipe mobile_short_small_pictures
Time: on two cores 20 minutes, after its first part.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

BRIEF = load_recipe("mobile_short_brief")

RECIPE = replace(BRIEF, name="mobile_short_small_pictures", fit=replace(BRIEF.fit, cycles=(16,)), start=BRIEF.name)
