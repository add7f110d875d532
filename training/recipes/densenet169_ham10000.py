"""Teacher: DenseNet169 from ImageNet, fine-tuned on seven classes of HAM10000, on pictures without the six stages.

Command: python -m training train --recipe densenet169_ham10000
Time: about an hour on two cores.
Result: docs/results/densenet169_ham10000
"""

from app.screening.preprocess import PreprocessSpec
from training.augment import AugmentSpec
from training.recipe import Recipe
from training.specs import FitSpec, NetworkSpec

RECIPE = Recipe(
    name="densenet169_ham10000",
    version="1.0.0",
    dataset="ham10000",
    split="ham10000-audited",
    scheme="clinical",
    # The teacher is not bound to what serving shows the student: the ROI stage hides the lesion where Otsu fails.
    preprocess=PreprocessSpec(stages=("rescale", "resize")),
    augment=AugmentSpec(
        quarter_turns=True,
        warp_share=0.5,
        rotation=45,
        shift=0.06,
        zoom=0.15,
        brightness=0.05,
        contrast=0.1,
        blur_share=0.2,
        blur=0.8,
    ),
    fit=FitSpec(
        cycles=(5,),
        batch_size=32,
        peak_learning_rate=0.0003,
        restart_factor=1.0,
        warmup_epochs=0.3,
        weight_decay=0.0001,
        gradient_norm=1.0,
        class_weight_power=0.5,
        label_smoothing=0.0,
        mixed_precision="mixed_bfloat16",
    ),
    seed=1,
    network=NetworkSpec(name="densenet169", dropout=0.2),
)
