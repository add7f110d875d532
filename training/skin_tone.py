"""How light the skin of a data set's pictures is: the individual typology angle of the skin around each lesion.

ITA = arctan((L* - 50) / b*) in degrees (Chardon, Cretois, Hourseau 1991), in the groups of Del Bino and Bernerd 2013,
as Kinyanjui et al. 2020 did on pictures of lesions. Dermatoscopes are not calibrated and press the blood away, so
that one picture's angle means little; of many it shows how few are dark. It is no skin type of a person.
"""

import math
import multiprocessing
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.screening.preprocess import Image
from training.datasets.ham10000 import mask_path
from training.datasets.images import read_image, read_mask
from training.datasets.records import DatasetError, LesionRecord
from training.datasets.schemes import CLINICAL

GROUPS = (
    ("very light", 55.0), ("light", 41.0), ("intermediate", 28.0), ("tan", 10.0), ("brown", -30.0), ("dark", -90.0),
)  # fmt: skip
"""Name, and the angle in degrees above which a picture is in it; the last one holds the rest."""

UNMEASURED = "not measurable"
BLACK, WHITE = 40, 250
"""Grey levels: what is darker in all channels is the frame of the dermatoscope, what is lighter in all a reflection."""

MARGIN = 9
"""Pixels around the lesion that are not counted as skin."""

LEAST_SKIN = 0.05
"""Share of the picture that has to be skin."""


def typology_angle(image: Image, lesion: npt.NDArray[np.bool_]) -> float | None:
    """ITA of the skin in a picture, degrees, from the medians of L* and b* (CIELAB, D65, from sRGB).

    Args:
        image: RGB uint8 (H, W, 3).
        lesion: bool (H, W), the lesion.

    Returns:
        None where less than LEAST_SKIN is left, or where the light is so blue that b* is not positive.
    """
    around = cv2.dilate(lesion.astype(np.uint8), np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)) > 0
    skin = ~around & (image.max(axis=2) >= BLACK) & (image.min(axis=2) <= WHITE)
    if skin.mean() < LEAST_SKIN:
        return None
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[skin]
    lightness, yellow = float(np.median(lab[:, 0])), float(np.median(lab[:, 2]))
    return math.degrees(math.atan((lightness - 50) / yellow)) if yellow > 0 else None


def group_of(angle: float | None) -> str:
    """The group of an angle in degrees."""
    if angle is None:
        return UNMEASURED
    return next((name for name, above in GROUPS if angle > above), GROUPS[-1][0])


def measure_skin(records: Sequence[LesionRecord]) -> dict[str, Any]:
    """Counts pictures by the group of their skin.

    Returns:
        JSON-ready: {"data", "images", "groups": {group: {"images", "malignant"}}, "angles": {percentile: degrees}}.

    Raises:
        DatasetError: a mask is missing, or no picture can be measured.
    """
    if absent := [record.image_id for record in records if not mask_path(record).is_file()]:
        raise DatasetError(f"{len(absent)} images have no expert mask, among them {absent[:3]}.")
    with multiprocessing.get_context("spawn").Pool() as pool:
        found = list(tqdm(pool.imap(_angle, records, chunksize=32), total=len(records), desc="skin", unit="image"))
    return summarise_skin(found, records)


def summarise_skin(angles: Sequence[float | None], records: Sequence[LesionRecord]) -> dict[str, Any]:
    """What `measure_skin` returns, of angles in degrees that are known. Raises DatasetError where there is none."""
    known = [angle for angle in angles if angle is not None]
    if not known:
        raise DatasetError("no picture has skin that can be measured")
    groups = {name: {"images": 0, "malignant": 0} for name in (*(name for name, _ in GROUPS), UNMEASURED)}
    for angle, record in zip(angles, records, strict=True):
        counts = groups[group_of(angle)]
        counts["images"] += 1
        counts["malignant"] += CLINICAL.is_malignant(record.dx)
    percentiles = (1, 5, 25, 50, 75, 95, 99)
    return {
        "data": records[0].source,
        "images": len(records),
        "groups": groups,
        "angles": {
            str(share): round(float(value), 1)
            for share, value in zip(percentiles, np.percentile(known, percentiles), strict=True)
        },
    }


def _angle(record: LesionRecord) -> float | None:
    image = read_image(record.image_path)
    return typology_angle(image, read_mask(mask_path(record), image.shape))
