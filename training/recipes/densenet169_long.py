"""Teacher: DenseNet169, trained long on small pictures and then on larger, mixed ones; seven classes of HAM10000.

Command: python -m training release --recipe densenet169_long
Time: 35 minutes on two cores, after those of densenet169_small_pictures.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

SMALL = load_recipe("densenet169_small_pictures")

RECIPE = replace(
    SMALL,
    name="densenet169_long",
    preprocess=replace(SMALL.preprocess, working_size=192, output_size=192),
    # At the end of the small pictures the loss on validation stood still, while that on training fell on.
    augment=replace(SMALL.augment, mixup=0.3),
    fit=replace(SMALL.fit, cycles=(4,), peak_learning_rate=0.0001),
    start=SMALL.name,
)
