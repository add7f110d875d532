"""Teacher on ISIC 2019: DenseNet169 from ImageNet, eight classes, by lesion.

Command: python -m training train --recipe lightkd2025_isic2019_teacher
Time: two and a half times that of densenet169_ham10000. Not run: the pictures of ISIC 2019 were not at hand.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

RECIPE = replace(
    load_recipe("densenet169_ham10000"),
    name="lightkd2025_isic2019_teacher",
    dataset="isic2019",
    split="isic2019-lesion",
    scheme="isic2019",
)
