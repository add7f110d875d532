"""The fusion teacher of Islam et al. 2024 with the backbones at hand: DenseNet169 and ResNet-50; HAM10000 by image.

Command: python -m training train --recipe islam2024_small_teacher
Time: about 15 minutes on two cores, nearly all for the features of three views.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import FUSION, NetworkSpec

PUBLISHED = load_recipe("islam2024_teacher")

RECIPE = replace(
    PUBLISHED,
    name="islam2024_small_teacher",
    fit=replace(PUBLISHED.fit, views=3),
    network=NetworkSpec(name=FUSION, streams=(("densenet169",), ("resnet50_conv4",)), frozen=True),
)
"""ResNet-50 ends after its fourth stage: no weights of the fifth were at hand."""
