"""First teacher of the report of 2025: DenseNet169 from ImageNet, frozen, with a dense head; seven classes, by image.

Command: python -m training train --recipe ensemble2025_densenet169
Time: about 10 minutes on two cores, nearly all for the features of four views.
Result: docs/results/ensemble2025_densenet169
"""

from app.screening.preprocess import PreprocessSpec
from training.augment import AUGMENTATIONS
from training.recipe import Recipe
from training.specs import FitSpec, NetworkSpec

RECIPE = Recipe(
    name="ensemble2025_densenet169",
    version="1.0.0",
    dataset="ham10000",
    split="ham10000-report2025",
    scheme="seven",
    preprocess=PreprocessSpec(stages=("rescale", "resize")),
    augment=AUGMENTATIONS["report2025"],
    fit=FitSpec(
        cycles=(20,),
        batch_size=32,
        peak_learning_rate=0.0001,
        restart_factor=1.0,
        warmup_epochs=0.0,
        weight_decay=0.0,
        gradient_norm=0.0,
        class_weight_power=0.0,
        label_smoothing=0.0,
        mixed_precision="auto",
        optimizer="adam",
        schedule="plateau",
        plateau_factor=0.5,
        plateau_patience=5,
        least_learning_rate=1e-6,
        patience=10,
        oversample_to=1200,
        views=4,
    ),
    seed=2025,
    network=NetworkSpec(name="densenet169", frozen=True, head_units=256, dropout=0.3),
)
