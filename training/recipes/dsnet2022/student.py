"""DSNet, student of Khan et al. 2022: four convolution blocks, taught by ResNet-50; melanoma against the rest.

Command: python -m training release --recipe dsnet2022_student
Time: the teacher's and about an hour on two cores.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec, NetworkSpec

HARD = load_recipe("three_block_ham10000")

RECIPE = replace(
    HARD,
    note="",
    name="dsnet2022_student",
    version="1.0.0",
    scheme="melanoma",
    fit=replace(HARD.fit, cycles=(40,), class_weight_power=0.0, mixed_precision="auto"),
    network=NetworkSpec(name="dsnet"),
    distil=DistilSpec(teachers=("dsnet2022_teacher",), temperature=4.0, alpha=0.3, views=5),
)
