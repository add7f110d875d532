"""First part of our own student's distillation: pictures of 160 pixels, on the very views of the three-block one.

Command: python -m training release --recipe mobile_short_small_pictures
Time: on two cores 30 minutes, where label_store has the teacher's answers.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import NetworkSpec

THREE_BLOCK = load_recipe("three_block_small_pictures")

RECIPE = replace(
    THREE_BLOCK,
    name="mobile_short_small_pictures",
    # MobileNetV2 has learnt on pictures as they are. Trained on all six stages for as long, it is far behind.
    preprocess=replace(THREE_BLOCK.preprocess, stages=("rescale", "resize")),
    # Depthwise convolutions are slower in bfloat16 on a CPU.
    fit=replace(THREE_BLOCK.fit, cycles=(24,), peak_learning_rate=0.001, mixed_precision="float32"),
    network=NetworkSpec(name="mobile_short"),
)
