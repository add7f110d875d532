"""Student of Islam et al. 2024 as published, on Kaggle's "Malignant vs. Benign", split by image.

Command: python -m training release --recipe islam2024_kaggle_student
Time: a third of that of islam2024_student. Not run, as that. Most of Kaggle's pictures are HAM10000's (docs/data.md).
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec

RECIPE = replace(
    load_recipe("islam2024_student"),
    name="islam2024_kaggle_student",
    dataset="kaggle_malignant_vs_benign",
    split="kaggle-islam2024",
    distil=DistilSpec(teachers=("islam2024_kaggle_teacher",), temperature=1.0, alpha=0.5, views=5),
)
