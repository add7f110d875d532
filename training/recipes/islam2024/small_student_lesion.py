"""As islam2024_small_student, but split by lesion: no lesion stands in two parts.

Command: python -m training release --recipe islam2024_small_student_lesion
Time: as islam2024_small_student.
Result: docs/results/islam2024_small_student_lesion
"""

from dataclasses import replace

from training.recipe import load_recipe

BY_IMAGE = load_recipe("islam2024_small_student")

RECIPE = replace(
    BY_IMAGE,
    name="islam2024_small_student_lesion",
    split="ham10000-audited",
    distil=BY_IMAGE.distil and replace(BY_IMAGE.distil, teachers=("islam2024_small_teacher_lesion",)),
)
