"""First student: the three-block network of Islam et al. 2024, seven classes, hard labels, HAM10000 split by lesion."""

from app.screening.preprocess import PreprocessSpec
from training.augment import AugmentSpec
from training.recipe import FitSpec, Recipe

RECIPE = Recipe(
    name="three_block_ham10000",
    version="1.0.0",
    dataset="ham10000",
    split="ham10000-lesion",
    scheme="clinical",
    preprocess=PreprocessSpec(),
    augment=AugmentSpec(
        rotation=180,
        shift=0.08,
        shear=8,
        zoom=0.12,
        horizontal_flip=True,
        brightness=0.06,
        contrast=0.1,
        blur=0.8,
    ),
    fit=FitSpec(
        epochs=40,
        batch_size=64,
        peak_learning_rate=0.001,
        warmup_epochs=2,
        weight_decay=0.0001,
        class_weight_power=0.5,
        label_smoothing=0.0,
        mixed_precision="mixed_bfloat16",
    ),
    seed=1,
)
