"""Our own compact student, taught by DenseNet169 on the very views of the three-block one; three seeds.

Command: python -m training release --recipe compact_distilled
Time: on two cores 40 minutes a seed, where label_store has the teacher's answers.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import NetworkSpec

THREE_BLOCK = load_recipe("three_block_distilled")

RECIPE = replace(
    THREE_BLOCK,
    name="compact_distilled",
    fit=replace(THREE_BLOCK.fit, mixed_precision="auto"),
    network=NetworkSpec(name="compact"),
)
