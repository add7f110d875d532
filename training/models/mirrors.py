"""Mirror images in one inference: the answer to a picture is the mean of those to the picture and to its mirror images.

A lesion has no side: what a network says of a mirror image is as good an opinion, and the mean of opinions is better
than one. It costs no weights, and an inference for each image.
"""

from collections.abc import Sequence
from typing import Any

import keras

from app.screening.runtime import MAP

ops = keras.ops
MIRRORS = ((), (2,), (1,), (1, 2))
"""Axes of (N, H, W, C) along which the images are mirrored: none, left and right, top and bottom, both."""
COUNTS = (1, 2, 4)


def with_mirror_images(model: keras.Model, count: int) -> keras.Model:
    """The same network with the same weights, asked about `count` images of each picture.

    Args:
        model: from pictures (N, side, side, 3) to some of {"probabilities": (N, K), "features": (N, D),
            "map": (N, h, w)}.
        count: 1 for the picture alone, 2 with its sides exchanged, 4 with top and bottom exchanged too.

    Returns:
        A model with the same input and outputs, each the mean over the images; a map is mirrored back before.
    """
    if count not in COUNTS:
        raise ValueError(f"a picture is shown {COUNTS} times, not {count}")
    if count == 1:
        return model
    pictures = keras.Input(model.input_shape[1:], name="picture")
    # All images go through in one batch: a graph with the network in it once has its weights once.
    answers = model(Mirrored(MIRRORS[:count], name="mirrored")(pictures))
    outputs = {name: Mean(MIRRORS[:count], name == MAP, name=f"mean_{name}")(answers[name]) for name in model.output}
    return keras.Model(pictures, outputs, name=model.name)


@keras.saving.register_keras_serializable("lesion_screening")
class Mirrored(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """From (N, H, W, C) to (M N, H, W, C): the pictures, mirrored along each of M sets of axes."""

    def __init__(self, mirrors: Sequence[Sequence[int]], **settings: Any) -> None:
        super().__init__(**settings)
        self.mirrors = [tuple(axes) for axes in mirrors]

    def call(self, pictures: Any) -> Any:
        """Concatenates along the batch."""
        return ops.concatenate([_mirrored(pictures, axes) for axes in self.mirrors], axis=0)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "mirrors": self.mirrors}


@keras.saving.register_keras_serializable("lesion_screening")
class Mean(keras.layers.Layer):  # type: ignore[misc]  # Keras has no types
    """From (M N, ...) to (N, ...): the mean over the M images of each picture.

    Args:
        mirrors: as they were made.
        is_map: whether what comes in has the picture's axes, and is mirrored back.
    """

    def __init__(self, mirrors: Sequence[Sequence[int]], is_map: bool, **settings: Any) -> None:  # noqa: FBT001
        super().__init__(**settings)
        self.mirrors = [tuple(axes) for axes in mirrors]
        self.is_map = is_map

    def call(self, answers: Any) -> Any:
        """Takes the batch apart again."""
        parts = ops.split(answers, len(self.mirrors), axis=0)
        if self.is_map:
            parts = [_mirrored(part, axes) for part, axes in zip(parts, self.mirrors, strict=True)]
        return sum(parts[1:], parts[0]) / len(parts)

    def get_config(self) -> dict[str, Any]:
        """What makes the layer again."""
        return {**super().get_config(), "mirrors": self.mirrors, "is_map": self.is_map}


def _mirrored(values: Any, axes: Sequence[int]) -> Any:
    # One axis at a time: of several in one operation, tflite-runtime 2.14 mirrors the first alone, and says nothing.
    for axis in axes:
        values = ops.flip(values, axis)
    return values
