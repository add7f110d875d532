"""The three-block student, taught by two networks: function matching on eight views with mixed pictures, three seeds.

Command: python -m training release --recipe three_block_distilled
Time: on two cores 10 minutes a seed, the first part among them, where label_store has the teachers' answers;
without them an hour for the teachers and their answers before that.
Result: docs/results/three_block_distilled-seed3
Method: as its first part, three_block_plain.
"""

from dataclasses import replace

from training.recipe import load_recipe

PLAIN = load_recipe("three_block_plain")

RECIPE = replace(
    PLAIN,
    name="three_block_distilled",
    fit=replace(PLAIN.fit, cycles=(7,), peak_learning_rate=0.0015),
    start=PLAIN.name,
    mirrors=4,
)
