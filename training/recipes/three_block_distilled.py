"""The three-block student, taught by DenseNet169: function matching on sixteen views with mixed pictures, three seeds.

Command: python -m training release --recipe three_block_distilled
Time: on two cores 35 minutes a seed, where label_store has the teacher's answers; without them two hours for the
teacher and 40 minutes for its answers before that.
Result: none of all pictures yet; the tests run its small form.
Method: as its first part, three_block_small_pictures.
"""

from dataclasses import replace

from training.recipe import load_recipe

SMALL = load_recipe("three_block_small_pictures")
HARD = load_recipe("three_block_ham10000")

RECIPE = replace(
    SMALL,
    name="three_block_distilled",
    preprocess=HARD.preprocess,
    fit=replace(SMALL.fit, cycles=(6,), peak_learning_rate=0.001),
    start=SMALL.name,
    seeds=(1, 2, 3),
)
