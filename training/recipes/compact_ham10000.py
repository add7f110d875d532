"""Our own compact student on hard labels, seven classes, HAM10000 split by lesion.

Command: python -m training train --recipe compact_ham10000
Time: about 15 minutes on two cores.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import NetworkSpec

HARD = load_recipe("three_block_ham10000")

RECIPE = replace(
    HARD,
    name="compact_ham10000",
    version="1.0.0",
    note="",
    fit=replace(HARD.fit, cycles=(30,), mixed_precision="auto"),
    network=NetworkSpec(name="compact"),
)
