"""Second teacher, and our own student without one: mobile_short on hard labels of HAM10000, pictures of 160 pixels.

Command: python -m training train --recipe mobile_short_ham10000
Time: on two cores 15 minutes.
Result: label_store/ham10000-mobile_short_ham10000, its answers to the training views; its weights are not kept.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import NetworkSpec

THREE_BLOCK = load_recipe("three_block_ham10000")

RECIPE = replace(
    THREE_BLOCK,
    name="mobile_short_ham10000",
    version="1.0.0",
    note="",
    # MobileNetV2 has learnt on pictures as they are; what all six stages do to it: `mobile_short_brief+all_stages`.
    preprocess=replace(THREE_BLOCK.preprocess, stages=("rescale", "resize"), working_size=160, output_size=160),
    augment=replace(THREE_BLOCK.augment, brightness=0.1, contrast=0.2, zoom=0.25, blur=1.0, mixup=0.2),
    # Depthwise convolutions are slower in bfloat16 on a CPU.
    fit=replace(THREE_BLOCK.fit, cycles=(12,), peak_learning_rate=0.001, warmup_epochs=0.5, mixed_precision="float32"),
    network=NetworkSpec(name="mobile_short"),
)
