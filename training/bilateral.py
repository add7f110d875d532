"""How the parameters of the bilateral filter were chosen: measured on training images against the experts' masks.

The paper gives none. A bilateral filter is to smooth skin texture and keep the lesion's border, so that is what is
measured, after the closing that precedes it: how much of the texture of the skin is left, how much of the gradient at
the lesion's border, what Otsu's mask then has in common with the expert's (IoU), and how long it takes.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice, product

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.screening.preprocess import Image, PreprocessSpec, close_hair, filter_bilateral, otsu_mask, working_image
from training.datasets.ham10000 import mask_path
from training.datasets.images import read_image, read_mask
from training.datasets.records import DatasetError, LesionRecord

DIAMETERS = (5, 7, 9)
SIGMAS_COLOR = (10.0, 25.0, 50.0, 75.0)
SIGMAS_SPACE = (2.0, 5.0)
MIN_BORDER_KEPT = 0.95
MAX_MILLISECONDS = 1.0
BORDER_WIDTH = 9
SKIN_MARGIN = 25


@dataclass(frozen=True, slots=True)
class Candidate:
    """Attributes:
    diameter, sigma_color, sigma_space: of the filter.
    texture: standard deviation of the skin's fine texture after the filter over that before, mean over images.
    border: gradient at the strongest quarter of the lesion's border, after over before, mean over images.
    otsu_iou: mean IoU of Otsu's dark class with the expert's mask.
    milliseconds: a 224×224 image, one thread, mean.
    """

    diameter: int
    sigma_color: float
    sigma_space: float
    texture: float
    border: float
    otsu_iou: float
    milliseconds: float


def measure_candidates(records: Sequence[LesionRecord], *, images: int, seed: int) -> list[Candidate]:
    """Measures the grid on `images` random records whose expert mask leaves lesion, border and skin to measure.

    Raises:
        DatasetError: there are not so many.
    """
    shuffled = random.Random(seed).sample(list(records), len(records))
    found = (pair for record in shuffled if (pair := _picture_and_mask(record)))
    pairs = list(tqdm(islice(found, images), total=images, desc="masks", unit="image"))
    if len(pairs) < images:
        raise DatasetError(f"{images} images were asked for; {len(pairs)} have a mask that leaves something to measure")
    grid = list(product(DIAMETERS, SIGMAS_COLOR, SIGMAS_SPACE))
    return [_measure(pairs, *point) for point in tqdm(grid, desc="candidates")]


def choose(candidates: Sequence[Candidate]) -> Candidate:
    """The one that leaves least skin texture among those that keep 95 % of the border and take at most 1 ms."""
    fit = [row for row in candidates if row.border >= MIN_BORDER_KEPT and row.milliseconds <= MAX_MILLISECONDS]
    return min(fit, key=lambda row: row.texture)


def as_json(candidates: Sequence[Candidate], *, split: str, images: int, seed: int) -> dict[str, object]:
    """What docs/figures/bilateral.json holds."""
    return {
        "split": split,
        "images": images,
        "seed": seed,
        "candidates": [asdict(row) for row in candidates],
        "chosen": asdict(choose(candidates)),
    }


def _picture_and_mask(record: LesionRecord) -> tuple[Image, npt.NDArray[np.bool_]] | None:
    spec = PreprocessSpec()
    picture = close_hair(working_image(read_image(record.image_path), spec), spec)
    if not mask_path(record).is_file():
        return None
    lesion = read_mask(mask_path(record), picture.shape)
    # A lesion that fills the picture leaves no skin to measure, a speck no border.
    return (np.asarray(picture, np.uint8), lesion) if 0.01 < lesion.mean() < 0.7 else None


def _measure(
    pairs: Sequence[tuple[Image, npt.NDArray[np.bool_]]], diameter: int, sigma_color: float, sigma_space: float
) -> Candidate:
    spec = replace(
        PreprocessSpec(),
        bilateral_diameter=diameter,
        bilateral_sigma_color=sigma_color,
        bilateral_sigma_space=sigma_space,
    )
    textures, borders, overlaps, seconds = [], [], [], 0.0
    for picture, lesion in pairs:
        started = time.perf_counter()
        filtered = np.asarray(filter_bilateral(picture, spec), np.uint8)
        seconds += time.perf_counter() - started
        skin = cv2.erode((~lesion).astype(np.uint8), np.ones((SKIN_MARGIN, SKIN_MARGIN), np.uint8)) > 0
        if skin.any():
            textures.append(_texture(filtered)[skin].std() / max(_texture(picture)[skin].std(), 1e-3))
        ring = cv2.morphologyEx(
            lesion.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((BORDER_WIDTH, BORDER_WIDTH), np.uint8)
        )
        before = _gradient(picture)[ring > 0]
        strongest = before >= np.quantile(before, 0.75)
        borders.append(_gradient(filtered)[ring > 0][strongest].mean() / before[strongest].mean())
        dark = otsu_mask(filtered) == 0
        overlaps.append((dark & lesion).sum() / (dark | lesion).sum())
    return Candidate(
        diameter,
        sigma_color,
        sigma_space,
        texture=float(np.mean(textures)),
        border=float(np.mean(borders)),
        otsu_iou=float(np.mean(overlaps)),
        milliseconds=seconds / len(pairs) * 1e3,
    )


def _grey(picture: Image) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def _texture(picture: Image) -> npt.NDArray[np.float32]:
    grey = _grey(picture)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), 3), np.float32)


def _gradient(picture: Image) -> npt.NDArray[np.float32]:
    grey = cv2.GaussianBlur(_grey(picture), (0, 0), 1)
    return np.asarray(np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)), np.float32)
