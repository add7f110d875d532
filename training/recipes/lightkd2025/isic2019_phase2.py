"""Phase 2 of the study of 2025 on ISIC 2019, eight classes, by lesion.

Command: python -m training release --recipe lightkd2025_isic2019_phase2
Time: two and a half times that of lightkd2025_phase2. Not run: the pictures of ISIC 2019 were not at hand.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

SMALL, TEACHER = load_recipe("lightkd2025_phase2"), load_recipe("lightkd2025_isic2019_teacher")

RECIPE = replace(
    SMALL,
    name="lightkd2025_isic2019_phase2",
    dataset=TEACHER.dataset,
    split=TEACHER.split,
    scheme=TEACHER.scheme,
    distil=SMALL.distil and replace(SMALL.distil, teachers=(TEACHER.name,)),
)
