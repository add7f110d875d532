"""Second part of a longer teacher: DenseNet169 goes on, batch norm learning too, on pictures of 160 pixels.

Command: python -m training train --recipe densenet169_small_pictures
Time: 50 minutes on two cores, after the hour of densenet169_ham10000.
Result: none of all pictures yet; the tests run its small form.
Method: progressive resizing; what is learnt on small pictures is the better part of what is learnt on large ones
(Touvron et al. 2019, Fixing the train-test resolution discrepancy; Tan, Le 2021, EfficientNetV2).
"""

from dataclasses import replace

from training.recipe import load_recipe

SHORT = load_recipe("densenet169_ham10000")

RECIPE = replace(
    SHORT,
    name="densenet169_small_pictures",
    preprocess=replace(SHORT.preprocess, working_size=160, output_size=160),
    augment=replace(SHORT.augment, brightness=0.1, contrast=0.2, zoom=0.25, blur=1.0),
    fit=replace(SHORT.fit, cycles=(8,)),
    network=replace(SHORT.network, learns_norm=True),
    start=SHORT.name,
)
"""Colours and scales vary more than in the short teacher. On other cameras the first student is lost: on ISIC 2017's
training part, which choices may rest on (`external --part train`), it tells melanomas hardly better than chance."""
