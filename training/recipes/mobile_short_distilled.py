"""Our own student, from MobileNetV2's first blocks, taught by DenseNet169; three seeds.

Command: python -m training release --recipe mobile_short_distilled
Time: on two cores 50 minutes a seed, where label_store has the teacher's answers.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

SMALL = load_recipe("mobile_short_small_pictures")

RECIPE = replace(
    SMALL,
    name="mobile_short_distilled",
    preprocess=replace(SMALL.preprocess, working_size=224, output_size=224),
    fit=replace(SMALL.fit, cycles=(6,), peak_learning_rate=0.0005),
    start=SMALL.name,
    seeds=(1, 2, 3),
)
