"""First student: the three-block network of Islam et al. 2024, seven classes, hard labels, HAM10000 split by lesion.

Command: python -m training release --recipe three_block_ham10000
Time: about an hour on two cores.
Result: docs/results/three_block_ham10000
"""

from app.screening.preprocess import PreprocessSpec
from training.augment import AugmentSpec
from training.recipe import Recipe
from training.specs import FitSpec

RECIPE = Recipe(
    name="three_block_ham10000",
    version="1.3.0",
    dataset="ham10000",
    split="ham10000-audited",
    scheme="clinical",
    preprocess=PreprocessSpec(),
    augment=AugmentSpec(
        quarter_turns=True,
        warp_share=0.4,
        rotation=45,
        shift=0.06,
        shear=6,
        zoom=0.1,
        brightness=0.04,
        contrast=0.08,
        blur_share=0.2,
        blur=0.8,
    ),
    fit=FitSpec(
        cycles=(50,),
        batch_size=32,
        peak_learning_rate=0.002,
        restart_factor=1.0,
        warmup_epochs=2,
        weight_decay=0.0001,
        gradient_norm=1.0,
        class_weight_power=0.5,
        label_smoothing=0.0,
        mixed_precision="mixed_bfloat16",
    ),
    seed=1,
    note=(
        "Trained before the network gave logits: its last layer was a softmax, whose weights these are. The test part "
        "was opened again for these weights each time the way they are exported or measured changed; nothing was "
        "chosen by what it showed."
    ),
)
