"""Augmentation of training pictures: turns and flips, one affine map, blur, contrast and brightness.

What needs resampling is one matrix and one resampling, so that a picture is not blurred by several. It runs in OpenCV
on uint8, which on the CPU is several times faster than TensorFlow's projective transform. The seed alone decides every
number: the same seed gives the same picture, which makes a resumed run exact and a view something that can be named.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
HALF = 0.5
LEAST_BLUR = 0.3
"""Standard deviation in pixels; a narrower kernel is the identity on 8-bit pixels."""


@dataclass(frozen=True, slots=True)
class AugmentSpec:
    """Ranges; each picture draws uniformly from ± the value unless said otherwise.

    Attributes:
        quarter_turns: one of the eight ways to turn and mirror a square, exact, without resampling.
        warp_share: share of the pictures that go through the affine map of the next four. The others keep the sharpness
            that every picture has in service: bilinear resampling of all would train on softer pictures.
        rotation: degrees.
        shift: share of the side, in height and in width.
        shear: degrees.
        zoom: factor 1 ± zoom.
        horizontal_flip, vertical_flip: with probability 1/2.
        brightness: added to 0..1 pixels.
        contrast: factor 1 ± contrast about mid-grey.
        mixup: largest share of another picture that is mixed in (Zhang et al. 2018, with uniform shares); see views.py.
        blur_share: share of the pictures that are blurred.
        blur: standard deviation in pixels of a Gaussian blur, from 0.3 to the value. It keeps sharpness from telling
            classes apart: HAM10000's `vasc` pictures at hand have a lower resolution than the others.
    """

    quarter_turns: bool = False
    warp_share: float = 1.0
    rotation: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    blur_share: float = 0.0
    blur: float = 0.3
    mixup: float = 0.0


AUGMENTATIONS: Mapping[str, AugmentSpec] = MappingProxyType(
    {
        "islam2024": AugmentSpec(rotation=20, shift=0.1, shear=10, horizontal_flip=True),
        "report2025": AugmentSpec(
            rotation=20, shift=0.1, shear=10, zoom=0.1, brightness=0.1, horizontal_flip=True, vertical_flip=True
        ),
    }
)
"""Those of the papers, by name: rotation, height and width shift, shear and horizontal flip (Islam et al. 2024), and
also zoom, brightness and vertical flip (the seven-class report of 2025). Their ranges are not known here; these are
ours."""


def augment(picture: Picture, seed: Sequence[int], spec: AugmentSpec) -> Picture:
    """Augments one picture.

    Args:
        picture: uint8 (side, side, 3); not changed.
        seed: integers that decide every random number, so that a view can be made again, alone.
        spec: the ranges.

    Returns:
        uint8 of the same shape.
    """
    random = np.random.default_rng(list(seed))
    if spec.quarter_turns:
        turned = np.rot90(picture, int(random.integers(4)))
        picture = np.ascontiguousarray(turned[:, ::-1] if random.uniform() < HALF else turned)
    if spec.horizontal_flip and random.uniform() < HALF:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if spec.vertical_flip and random.uniform() < HALF:
        picture = np.ascontiguousarray(picture[::-1])
    if random.uniform() < spec.warp_share:
        picture = _warp(picture, affine(random, picture.shape[0], spec))
    if random.uniform() < spec.blur_share:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), random.uniform(LEAST_BLUR, spec.blur)), np.uint8)
    gain = 1 + spec.contrast * random.uniform(-1, 1)
    offset = 255 * spec.brightness * random.uniform(-1, 1) + 127.5 * (1 - gain)
    return np.asarray(cv2.LUT(picture, _levels(gain, offset)), np.uint8)


def affine(random: np.random.Generator, side: int, spec: AugmentSpec) -> npt.NDArray[np.float64]:
    """A random map (2, 3) from output pixel to input pixel about the centre of a square of `side` pixels."""
    angle = math.radians(spec.rotation * random.uniform(-1, 1))
    shear = math.tan(math.radians(spec.shear * random.uniform(-1, 1)))
    shift = spec.shift * side * random.uniform(-1, 1, size=2)
    scale = 1 / (1 + spec.zoom * random.uniform(-1, 1))
    rotation = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    linear = rotation @ np.array([[1, shear], [0, 1]])
    centre = np.full(2, (side - 1) / 2)
    return np.column_stack([linear, centre - linear @ centre + shift])


def _warp(picture: Picture, transform: npt.NDArray[np.float64]) -> Picture:
    warped = cv2.warpAffine(
        picture,
        transform,
        picture.shape[1::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(warped, np.uint8)


def _levels(gain: float, offset: float) -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(np.arange(256) * gain + offset), 0, 255), np.uint8)
