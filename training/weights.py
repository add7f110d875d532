"""Pretrained weights: from a folder, the libraries' caches, their hubs; never random without being asked for."""

import importlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import keras

from app.config import REPOSITORY
from training.errors import TrainingError

ROOT_VARIABLE = "LESION_WEIGHTS_ROOT"
CUT = "conv4_block6_out"
"""Where `resnet50_conv4` ends: the last layer of ResNet-50's fourth stage of convolutions."""


class WeightsMissing(TrainingError):
    """No source has the pretrained weights of a backbone, or the library that builds it is not installed."""


def weights_root() -> Path:
    """The folder that is looked into first: $LESION_WEIGHTS_ROOT, else ../shared/data/weights."""
    return Path(os.environ.get(ROOT_VARIABLE, REPOSITORY.parent / "shared" / "data" / "weights"))


def _application(build: Callable[..., keras.Model], cut: str | None = None) -> Callable[[int, bool], keras.Model]:
    def made(side: int, pretrained: bool) -> keras.Model:  # noqa: FBT001
        weights = "imagenet" if pretrained else None
        model = build(include_top=False, weights=weights, input_shape=(side, side, 3))
        return keras.Model(model.input, model.get_layer(cut).output, name=f"{model.name}_{cut}") if cut else model

    return made


def _small_convolutions(side: int, pretrained: bool) -> keras.Model:  # noqa: FBT001, ARG001
    pictures = keras.Input((side, side, 3))
    features = pictures
    for filters in (16, 32):
        features = keras.layers.Conv2D(
            filters, 3, strides=2, use_bias=False, kernel_initializer="he_normal", name=f"conv_{filters}"
        )(features)
        features = keras.layers.BatchNormalization(momentum=0.9, name=f"norm_{filters}")(features)
        features = keras.layers.ReLU()(features)
    return keras.Model(pictures, features, name="conv_smoke")


def _vision_transformer(preset: str | None, **sizes: int) -> Callable[[int, bool], keras.Model]:
    def made(side: int, pretrained: bool) -> keras.Model:  # noqa: FBT001
        try:
            # Only here: it takes seconds to import, and only this backbone needs it.
            hub = importlib.import_module("keras_hub")
        except ImportError as error:
            raise WeightsMissing(
                "the vision transformer comes from keras-hub, which is not installed: "
                "`pip install --no-deps -r requirements-keras-hub.txt`"
            ) from error
        shape = (side, side, 3)
        if pretrained and preset:
            return hub.models.ViTBackbone.from_preset(preset, image_shape=shape)
        patch = sizes["patch"]
        return hub.models.ViTBackbone(
            image_shape=shape,
            patch_size=(patch, patch),
            num_layers=sizes["layers"],
            num_heads=sizes["heads"],
            hidden_dim=sizes["width"],
            mlp_dim=4 * sizes["width"],
        )

    return made


BACKBONES: Mapping[str, Callable[[int, bool], keras.Model]] = MappingProxyType(
    {
        "conv_smoke": _small_convolutions,
        "convnext_base": _application(keras.applications.ConvNeXtBase),
        "densenet169": _application(keras.applications.DenseNet169),
        "mobilenet_v2": _application(keras.applications.MobileNetV2),
        "resnet50": _application(keras.applications.ResNet50),
        "resnet50_conv4": _application(keras.applications.ResNet50, CUT),
        "resnet152_v2": _application(keras.applications.ResNet152V2),
        # Patches of 32: with those of 16 the fusion of Islam et al. 2024 stays under the 236 M that they publish.
        "vit_b32": _vision_transformer("vit_base_patch32_224_imagenet21k", patch=32, layers=12, heads=12, width=768),
        "vit_smoke": _vision_transformer(None, patch=16, layers=1, heads=2, width=32),
    }
)
"""Networks without their top, by the name that recipes and weight files use: from (side of the square input in pixels,
whether the library shall load its pretrained weights)."""

VIT = frozenset({"vit_b32", "vit_smoke"})
"""Those that give tokens (N, 1 + patches, D), the class token first, and not a map (N, H, W, D)."""


def backbone(name: str, *, side: int, weights: str) -> tuple[keras.Model, frozenset[str]]:
    """A network without its top.

    Args:
        name: one of BACKBONES.
        side: of its square input in pixels.
        weights: "imagenet" or "random".

    Returns:
        A model from (N, side, side, 3), in the range that its own publisher trained on, to a feature map or tokens; and
        the names of the layers that are pretrained.

    Raises:
        WeightsMissing: "imagenet", and neither the folder nor the library's cache nor its hub has them.
    """
    build = BACKBONES[name]
    if weights == "random":
        return build(side, False), frozenset()  # noqa: FBT003
    root = weights_root()
    if (whole := root / _file(name)).is_file():
        model = build(side, False)  # noqa: FBT003
        model.load_weights(whole)
        return model, _names(model)
    if partial := sorted(root.glob(f"{name}_imagenet_to_*.weights.h5")):
        # Only the first layers are pretrained; the rest starts from random, as the file's name says.
        model = build(side, False)  # noqa: FBT003
        last = partial[0].name.removeprefix(f"{name}_imagenet_to_").removesuffix(".weights.h5")
        first = keras.Model(model.input, model.get_layer(last).output)
        first.load_weights(partial[0])
        print(f"{name}: pretrained up to {last}, from {partial[0].name}; the layers after it start from random")
        return model, _names(first)
    try:
        model = build(side, True)  # noqa: FBT003
    except WeightsMissing:
        raise
    except Exception as error:
        # keras.utils.get_file raises a bare Exception where it cannot reach the hub, and keras-hub one of many.
        raise WeightsMissing(
            f"no pretrained weights of {name}: {whole} is not there, the library's cache has none, and its hub cannot "
            f"be reached ({error}). Put the file there, name its folder with {ROOT_VARIABLE}, or ask for random ones "
            "with `--weights random`."
        ) from error
    return model, _names(model)


def _file(name: str) -> str:
    # ResNet-50's first stages have a file of their own name, as it is published.
    stem, cut = (name.removesuffix("_conv4"), f"to_{CUT}") if name.endswith("_conv4") else (name, "notop")
    return f"{stem}_imagenet_{cut}.weights.h5"


def _names(model: keras.Model) -> frozenset[str]:
    return frozenset(layer.name for layer in model.layers)
