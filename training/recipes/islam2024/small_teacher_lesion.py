"""As islam2024_small_teacher, but split by lesion: no lesion stands in two parts.

Command: python -m training train --recipe islam2024_small_teacher_lesion
Time: as islam2024_small_teacher.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

BY_IMAGE = load_recipe("islam2024_small_teacher")

RECIPE = replace(BY_IMAGE, name="islam2024_small_teacher_lesion", split="ham10000-audited")
