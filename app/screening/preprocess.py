"""The six stages of Islam et al. 2024, the only implementation: serving and training both call it.

Closing, bilateral filter, ROI highlight, unsharp mask, rescale, resize, in this order, on a working image that is
squashed to a square first, because that is the resolution of the data the models are trained on.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Picture = npt.NDArray[np.uint8] | npt.NDArray[np.float32]

# Requests and training processes already fill the cores; a second level of threads only costs time and memory.
cv2.setNumThreads(1)

STAGES = ("closing", "bilateral", "roi_highlight", "unsharp_mask", "rescale", "resize")


@dataclass(frozen=True, slots=True)
class PreprocessSpec:
    """Every constant of the preprocessing; stored in the manifest of each bundle.

    Attributes:
        working_size: side in pixels of the square working image that the stages run on.
        closing_size: side in pixels of the square structuring element (5 in Islam et al. 2024).
        bilateral_diameter: diameter in pixels of the neighbourhood of the bilateral filter.
        bilateral_sigma_color: its standard deviation in grey levels (0..255).
        bilateral_sigma_space: its standard deviation in pixels. The paper gives none of these three; docs/model.md
            shows how they were chosen.
        roi_gain: weight of the Otsu mask that is added to the image (1.14 in the paper).
        unsharp_sigma: standard deviation in pixels of the blur in the unsharp mask (2.0 in the paper).
        unsharp_amount: weight of the detail that is added back (1.2 in the paper).
        output_size: side in pixels of what the model is given.
        stages: the stages that run, a subset of STAGES in their order. Ablations leave some out.
    """

    working_size: int = 224
    closing_size: int = 5
    bilateral_diameter: int = 5
    bilateral_sigma_color: float = 25.0
    bilateral_sigma_space: float = 5.0
    roi_gain: float = 1.14
    unsharp_sigma: float = 2.0
    unsharp_amount: float = 1.2
    output_size: int = 224
    stages: tuple[str, ...] = STAGES

    def __post_init__(self) -> None:
        unknown = [stage for stage in self.stages if stage not in STAGES]
        if unknown:
            raise ValueError(f"unknown preprocessing stages {unknown}; the stages are {list(STAGES)}")
        if list(self.stages) != [stage for stage in STAGES if stage in self.stages]:
            raise ValueError(f"preprocessing stages must keep the order {list(STAGES)}, got {list(self.stages)}")
        for name in ("working_size", "closing_size", "bilateral_diameter", "output_size"):
            if not isinstance(value := getattr(self, name), int) or value <= 0:
                raise ValueError(f"PreprocessSpec.{name} must be a whole number above 0, got {value!r}")
        for name in ("bilateral_sigma_color", "bilateral_sigma_space", "roi_gain", "unsharp_sigma", "unsharp_amount"):
            if not isinstance(value := getattr(self, name), int | float) or not 0 < value < math.inf:
                raise ValueError(f"PreprocessSpec.{name} must be a number above 0, got {value!r}")

    def to_dict(self) -> dict[str, Any]:
        """The spec as JSON-ready values, one key a field."""
        return {**asdict(self), "stages": list(self.stages)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PreprocessSpec":
        """Reads what `to_dict` wrote.

        Raises:
            ValueError: a field is missing, unknown or out of range.
        """
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            missing, unknown = sorted(names - set(values)), sorted(set(values) - names)
            raise ValueError(f"preprocess spec does not fit this version: missing {missing}, unknown {unknown}")
        return cls(**{**values, "stages": tuple(values["stages"])})


def preprocess(image: Image, spec: PreprocessSpec) -> npt.NDArray[np.float32]:
    """Runs the stages of `spec`.

    Args:
        image: RGB uint8 (H, W, 3).
        spec: the constants.

    Returns:
        float32 (output_size, output_size, 3), RGB, 0..1 (0..255 where the spec leaves `rescale` out).

    Raises:
        ValueError: `image` is not RGB uint8 (H, W, 3).
    """
    return preprocess_stages(image, spec)[-1][1].astype(np.float32, copy=False)


def preprocess_stages(image: Image, spec: PreprocessSpec) -> list[tuple[str, Picture]]:
    """Like `preprocess`, and keeps the picture after each stage.

    Returns:
        ("working_image", RGB uint8 (working_size, working_size, 3)) first, then (name, picture) for each stage that
        ran: uint8 up to `rescale`, float32 0..1 from there on. A square of another side only after `resize`.
    """
    picture: Picture = working_image(image, spec)
    history: list[tuple[str, Picture]] = [("working_image", picture)]
    for stage in spec.stages:
        picture = _STAGE_FUNCTIONS[stage](picture, spec)
        history.append((stage, picture))
    return history


def working_image(image: Image, spec: PreprocessSpec) -> Image:
    """Squashes an RGB uint8 image (H, W, 3) to the square that the stages run on."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
        raise ValueError(f"an image is RGB uint8 (H, W, 3); got {image.dtype} {image.shape}")
    return np.asarray(_resize(image, spec.working_size), dtype=np.uint8)


def close_hair(picture: Picture, spec: PreprocessSpec) -> Picture:
    """Stage 1: morphological closing (dilation, then erosion), which fills dark strands thinner than the element."""
    element = np.ones((spec.closing_size, spec.closing_size), np.uint8)
    return np.asarray(cv2.morphologyEx(picture, cv2.MORPH_CLOSE, element), dtype=np.uint8)


def filter_bilateral(picture: Picture, spec: PreprocessSpec) -> Picture:
    """Stage 2: bilateral filter, which smooths skin texture and keeps borders."""
    filtered = cv2.bilateralFilter(
        picture, spec.bilateral_diameter, spec.bilateral_sigma_color, spec.bilateral_sigma_space
    )
    return np.asarray(filtered, dtype=np.uint8)


def otsu_mask(picture: Picture) -> Image:
    """The ROI step's mask: uint8 (H, W), 255 where grey >= t, with grey = 0.299 R + 0.587 G + 0.114 B.

    t is Otsu's threshold: the lowest grey level of the brighter of the two classes. (OpenCV names the highest level of
    the darker class and compares with >, which is the same mask.) The lesion is what is left at 0. A picture of one
    grey level has no second class, and its mask is 0 everywhere.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if grey.min() == grey.max():
        return np.zeros(grey.shape, np.uint8)
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(mask, dtype=np.uint8)


def highlight_roi(picture: Picture, spec: PreprocessSpec) -> Picture:
    """Stage 3: I + 1.14 mask, saturating. The bright class, mostly skin, goes to white; the darker lesion stays."""
    mask = cv2.cvtColor(otsu_mask(picture), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.addWeighted(picture, 1.0, mask, spec.roi_gain, 0.0), dtype=np.uint8)


def unsharp_mask(picture: Picture, spec: PreprocessSpec) -> Picture:
    """Stage 4: I + 1.2 (I - blur), saturating, blur = Gaussian with a kernel size that OpenCV derives from sigma."""
    blur = cv2.GaussianBlur(picture, (0, 0), sigmaX=spec.unsharp_sigma, sigmaY=spec.unsharp_sigma)
    sharpened = cv2.addWeighted(picture, 1.0 + spec.unsharp_amount, blur, -spec.unsharp_amount, 0.0)
    return np.asarray(sharpened, dtype=np.uint8)


def rescale(picture: Picture, _: PreprocessSpec) -> Picture:
    """Stage 5: uint8 0..255 to float32 0..1."""
    return picture.astype(np.float32) / np.float32(255)


def resize(picture: Picture, spec: PreprocessSpec) -> Picture:
    """Stage 6: to the square that the model takes."""
    return _resize(picture, spec.output_size)


def _resize(picture: Picture, side: int) -> Picture:
    height, width = picture.shape[:2]
    if (height, width) == (side, side):
        return picture
    # Area averages every source pixel, so that a large photo does not alias; it has no meaning when enlarging.
    shrinks = height >= side and width >= side
    resized: Picture = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return resized


_STAGE_FUNCTIONS: Mapping[str, Callable[[Picture, PreprocessSpec], Picture]] = MappingProxyType(
    {
        "closing": close_hair,
        "bilateral": filter_bilateral,
        "roi_highlight": highlight_roi,
        "unsharp_mask": unsharp_mask,
        "rescale": rescale,
        "resize": resize,
    }
)
