"""Phase 2 of the study of 2025: the custom student of about 0.29 M parameters, taught by DenseNet169; by lesion.

Command: python -m training release --recipe lightkd2025_phase2
Time: the teacher's hour, half an hour for its answers, and about an hour on two cores.
Result: none of all pictures yet; the tests run its small form.
"""

from dataclasses import replace

from training.recipe import load_recipe
from training.specs import DistilSpec, NetworkSpec

HARD = load_recipe("three_block_ham10000")

RECIPE = replace(
    HARD,
    note="",
    name="lightkd2025_phase2",
    version="1.0.0",
    fit=replace(HARD.fit, class_weight_power=0.0, mixed_precision="auto"),
    network=NetworkSpec(name="lightkd_student"),
    distil=DistilSpec(teachers=("densenet169_ham10000",), temperature=3.0, alpha=0.3, views=8),
)
