"""First part of our own student's distillation, in which the evidence compares: the views of the three-block one.

Command: python -m training release --recipe mobile_short_brief
Time: on two cores 10 minutes, where label_store has the teacher's answers.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import NetworkSpec

THREE_BLOCK = load_recipe("three_block_brief")

RECIPE = replace(
    THREE_BLOCK,
    name="mobile_short_brief",
    # MobileNetV2 has learnt on pictures as they are. Trained on all six stages for as long, it is far behind.
    preprocess=replace(THREE_BLOCK.preprocess, stages=("rescale", "resize")),
    # Depthwise convolutions are slower in bfloat16 on a CPU.
    fit=replace(THREE_BLOCK.fit, peak_learning_rate=0.001, mixed_precision="float32"),
    network=NetworkSpec(name="mobile_short"),
)
