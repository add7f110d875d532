"""Teacher of Islam et al. 2024: ResNet152V2, ConvNeXtBase and ViT-Base, frozen, in two streams; HAM10000 by image.

Command: python -m training train --recipe islam2024_teacher
Time: minutes on a GPU; on two cores some hours, nearly all for the features of five views. Not run: the weights of
    these backbones were not at hand.
Result: none of all pictures yet; the tests run its small form.
"""

from app.screening.preprocess import PreprocessSpec
from training.augment import AUGMENTATIONS
from training.recipe import Recipe
from training.specs import FUSION, FitSpec, NetworkSpec

RECIPE = Recipe(
    name="islam2024_teacher",
    version="1.0.0",
    dataset="ham10000",
    split="ham10000-islam2024",
    scheme="islam2024",
    preprocess=PreprocessSpec(),
    augment=AUGMENTATIONS["islam2024"],
    fit=FitSpec(
        cycles=(70,),
        batch_size=64,
        peak_learning_rate=0.002,
        restart_factor=1.0,
        warmup_epochs=0.0,
        weight_decay=0.0,
        gradient_norm=0.0,
        class_weight_power=0.0,
        label_smoothing=0.0,
        mixed_precision="auto",
        optimizer="adafactor",
        schedule="constant",
        patience=12,
        views=5,
    ),
    seed=2024,
    network=NetworkSpec(name=FUSION, streams=(("resnet152_v2", "convnext_base"), ("vit_b32",)), frozen=True),
)
