"""As dsnet2022_teacher with the backbone frozen: its features are computed once, and the head alone learns.

Command: python -m training train --recipe dsnet2022_small_teacher
Time: about 8 minutes on two cores, nearly all for the features of three views.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

STUDENT, HEAD = load_recipe("dsnet2022_student"), load_recipe("ensemble2025_resnet50")

RECIPE = replace(
    STUDENT,
    name="dsnet2022_small_teacher",
    fit=replace(HEAD.fit, views=3),
    network=HEAD.network,
    distil=None,
)
