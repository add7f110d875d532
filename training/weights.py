"""Pretrained weights: from a folder, from Keras' cache, from the hub; never random without being asked for."""

import os
from pathlib import Path

import keras

from app.config import REPOSITORY
from training.errors import TrainingError

ROOT_VARIABLE = "LESION_WEIGHTS_ROOT"
APPLICATIONS = {
    "densenet169": keras.applications.DenseNet169,
    "resnet50": keras.applications.ResNet50,
    "mobilenet_v2": keras.applications.MobileNetV2,
}
"""Backbones by the name that recipes and weight files use."""


class WeightsMissing(TrainingError):
    """No source has the pretrained weights of a backbone."""


def weights_root() -> Path:
    """The folder that is looked into first: $LESION_WEIGHTS_ROOT, else ../shared/data/weights."""
    return Path(os.environ.get(ROOT_VARIABLE, REPOSITORY.parent / "shared" / "data" / "weights"))


def backbone(name: str, *, side: int, weights: str) -> tuple[keras.Model, frozenset[str]]:
    """A network of keras.applications without its top.

    Args:
        name: one of APPLICATIONS.
        side: of its square input in pixels.
        weights: "imagenet" or "random".

    Returns:
        A model from (N, side, side, 3), in the range that its own publisher trained on, to a feature map; and the names
        of the layers that are pretrained.

    Raises:
        WeightsMissing: "imagenet", and neither the folder nor Keras' cache nor the hub has them.
    """
    build = APPLICATIONS[name]
    shape = (side, side, 3)
    if weights == "random":
        return build(include_top=False, weights=None, input_shape=shape), frozenset()
    root = weights_root()
    whole = root / f"{name}_imagenet_notop.weights.h5"
    if whole.is_file():
        model = build(include_top=False, weights=None, input_shape=shape)
        model.load_weights(whole)
        return model, _names(model)
    if partial := sorted(root.glob(f"{name}_imagenet_to_*.weights.h5")):
        # Only the first layers are pretrained; the rest starts from random, as the file's name says.
        model = build(include_top=False, weights=None, input_shape=shape)
        last = partial[0].name.removeprefix(f"{name}_imagenet_to_").removesuffix(".weights.h5")
        first = keras.Model(model.input, model.get_layer(last).output)
        first.load_weights(partial[0])
        print(f"{name}: pretrained up to {last}, from {partial[0].name}; the layers after it start from random")
        return model, _names(first)
    try:
        model = build(include_top=False, weights="imagenet", input_shape=shape)
    except Exception as error:
        # keras.utils.get_file raises a bare Exception where it cannot reach the hub.
        raise WeightsMissing(
            f"no pretrained weights of {name}: {whole} is not there, Keras' cache has none, and the hub cannot be "
            f"reached ({error}). Put the file there, name its folder with {ROOT_VARIABLE}, or set the recipe's "
            'network to weights="random".'
        ) from error
    return model, _names(model)


def _names(model: keras.Model) -> frozenset[str]:
    return frozenset(layer.name for layer in model.layers)
