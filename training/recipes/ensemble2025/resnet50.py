"""Second teacher of the report of 2025: ResNet-50 from ImageNet, frozen, with a dense head; seven classes, by image.

Command: python -m training train --recipe ensemble2025_resnet50
Time: about 8 minutes on two cores, nearly all for the features of four views.
Result: docs/results/ensemble2025_resnet50
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import NetworkSpec

RECIPE = replace(
    load_recipe("ensemble2025_densenet169"),
    name="ensemble2025_resnet50",
    network=NetworkSpec(name="resnet50_conv4", frozen=True, head_units=256, dropout=0.3),
)
"""It ends after its fourth stage: no weights of the fifth were at hand, and a frozen one cannot learn."""
