"""As dsnet2022_student, taught by dsnet2022_small_teacher and in half the epochs, for machines without a GPU.

Command: python -m training release --recipe dsnet2022_small_student
Time: the teacher's and about 25 minutes on two cores.
Result: docs/results/dsnet2022_small_student
"""

from dataclasses import replace

from training.recipe import load_recipe

FULL, TEACHER = load_recipe("dsnet2022_student"), load_recipe("dsnet2022_small_teacher")

RECIPE = replace(
    FULL,
    name="dsnet2022_small_student",
    fit=replace(FULL.fit, cycles=(20,)),
    distil=FULL.distil and replace(FULL.distil, teachers=(TEACHER.name,), views=TEACHER.fit.views),
)
