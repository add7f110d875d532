"""The three-block student, taught by DenseNet169: function matching on twenty views with mixed pictures, three seeds.

Command: python -m training release --recipe three_block_distilled
Time: on two cores 40 minutes a seed, where label_store has the teacher's answers; without them two hours for the
teacher and 50 minutes for its answers before that.
Result: none of all pictures yet; the tests run its small form.
Method: Beyer et al. 2022 (teacher and student see the very same view, KL alone), here with a soft-label bank.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec

HARD = load_recipe("three_block_ham10000")

RECIPE = replace(
    HARD,
    name="three_block_distilled",
    version="1.0.0",
    note="",
    augment=replace(HARD.augment, mixup=0.3),
    fit=replace(HARD.fit, cycles=(60,), class_weight_power=0.0),
    distil=DistilSpec(teachers=("densenet169_long",), temperature=2.0, alpha=0.0, views=20, bank="ham10000"),
    seeds=(1, 2, 3),
)
