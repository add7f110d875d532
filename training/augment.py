"""Augmentation of training pictures: one affine map a picture, then contrast, brightness and blur.

All geometry is one matrix and one resampling, so that a picture is not blurred by several. It runs in OpenCV on uint8:
the same maps cost 0.3 ms a picture there and 2.5 ms in TensorFlow's projective transform on the CPU. The seed alone
decides every number: the same seed, epoch and step give the same pictures, which makes a resumed run exact.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class AugmentSpec:
    """Ranges; each picture draws uniformly from ± the value unless said otherwise.

    Attributes:
        rotation: degrees.
        shift: share of the side, in height and in width.
        shear: degrees.
        zoom: factor 1 ± zoom.
        horizontal_flip, vertical_flip: with probability 1/2.
        brightness: added to 0..1 pixels.
        contrast: factor 1 ± contrast about mid-grey.
        blur: standard deviation in pixels of a Gaussian blur, from 0 to the value. It keeps sharpness from telling
            classes apart: HAM10000's `vasc` pictures at hand have a lower resolution than the others.
    """

    rotation: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    blur: float = 0.0


def augment(pictures: npt.NDArray[np.uint8], seed: Sequence[int], spec: AugmentSpec) -> npt.NDArray[np.uint8]:
    """Augments a batch.

    Args:
        pictures: uint8 (N, side, side, 3); not changed.
        seed: integers that decide every random number.
        spec: the ranges.

    Returns:
        uint8 of the same shape.
    """
    random = np.random.default_rng(list(seed))
    augmented = np.empty_like(pictures)
    for row, picture in enumerate(pictures):
        warped = cv2.warpAffine(
            picture,
            affine(random, picture.shape[0], spec),
            picture.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        if (sigma := spec.blur * random.uniform()) > 0.3:  # a narrower kernel is the identity on 8-bit pixels
            warped = cv2.GaussianBlur(warped, (0, 0), sigma)
        gain = 1 + spec.contrast * random.uniform(-1, 1)
        offset = 255 * spec.brightness * random.uniform(-1, 1) + 127.5 * (1 - gain)
        augmented[row] = cv2.LUT(warped, _levels(gain, offset))
    return augmented


def affine(random: np.random.Generator, side: int, spec: AugmentSpec) -> npt.NDArray[np.float64]:
    """A random map (2, 3) from output pixel to input pixel about the centre of a square of `side` pixels."""
    angle = math.radians(spec.rotation * random.uniform(-1, 1))
    shear = math.tan(math.radians(spec.shear * random.uniform(-1, 1)))
    shift = spec.shift * side * random.uniform(-1, 1, size=2)
    scale = 1 / (1 + spec.zoom * random.uniform(-1, 1))
    mirror = np.where(random.uniform(size=2) < 0.5, -1.0, 1.0)
    mirror[[not spec.horizontal_flip, not spec.vertical_flip]] = 1.0
    rotation = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = rotation @ np.array([[1, shear], [0, 1]]) @ np.diag(mirror)
    centre = np.full(2, (side - 1) / 2)
    return np.column_stack([linear, centre - linear @ centre + shift])


def _levels(gain: float, offset: float) -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(np.arange(256) * gain + offset), 0, 255), np.uint8)
