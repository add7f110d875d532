"""Teacher of Islam et al. 2024 as published, on Kaggle's "Malignant vs. Benign", split by image.

Command: python -m training train --recipe islam2024_kaggle_teacher
Time: a third of that of islam2024_teacher. Not run, as that. Most of Kaggle's pictures are HAM10000's (docs/data.md).
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe

RECIPE = replace(
    load_recipe("islam2024_teacher"),
    name="islam2024_kaggle_teacher",
    dataset="kaggle_malignant_vs_benign",
    split="kaggle-islam2024",
)
