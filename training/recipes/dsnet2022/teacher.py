"""Teacher of Khan et al. 2022: ResNet-50, fine-tuned on melanoma against the rest; HAM10000 by lesion.

Command: python -m training train --recipe dsnet2022_teacher
Time: about 9 minutes an epoch on two cores.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import NetworkSpec

FINE_TUNED = load_recipe("densenet169_ham10000")

RECIPE = replace(
    FINE_TUNED,
    name="dsnet2022_teacher",
    scheme="melanoma",
    fit=replace(FINE_TUNED.fit, cycles=(4,), mixed_precision="auto"),
    network=NetworkSpec(name="resnet50", dropout=0.2),
)
"""Of the weights at hand only the first four stages are pretrained; the fifth learns from random."""
