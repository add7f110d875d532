"""The ROI step measured: Otsu's mask, as the six stages compute it, against the experts' lesion masks of HAM10000.

The ROI step leaves what is darker than Otsu's threshold and turns the rest white; where that is not the lesion, the
model is shown something else. Cheap signs of it are measured beside the overlap, for the quality gate.
"""

import multiprocessing
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from app.screening.preprocess import (
    Image,
    PreprocessSpec,
    close_hair,
    filter_bilateral,
    otsu_mask,
    working_image,
)
from training.datasets.ham10000 import mask_path
from training.datasets.images import read_image, read_mask
from training.datasets.records import DatasetError, LesionRecord

FAILURE = 0.3
"""An IoU below it counts as a failure."""

FOLDS = 5

CORNER = 0.06
"""Side of the squares in the corners, as a share of the picture's."""

LARGE, PALE, DARK_CORNER = 0.5, 25.0, 60.0
"""Lesion's share of the picture; difference of grey from the skin; grey of a vignette's corner."""

HAIR_WIDTH, HAIR_DEPTH, HAIRY = 11, 20, 0.08
"""Hairs: lines of at most this many pixels that are darker than what surrounds them by this many grey levels; and the
share of the skin that they cover in a picture called hairy."""


@dataclass(frozen=True, slots=True)
class RoiMeasure:
    """One picture. Attributes up to `kind` need the expert's mask; the others are signs that serving can compute.

    Attributes:
        image_id, lesion, dx: of the record.
        iou, dice: overlap of Otsu's dark class with the expert's mask, 0..1.
        hidden: share of the expert's lesion that the step turns white, 0..1.
        kind: what sort of picture it is: "vignette", "large lesion", "pale lesion", "hair" or "other", the first that
            fits.
        area: share of the picture that Otsu calls lesion.
        corners: how many of the four corners are mostly in it, 0..4.
        border: share of the picture's border line that is in it.
        separation: between-class variance over total variance of grey at Otsu's threshold, 0..1.
        contrast: difference of the two classes' mean grey, grey levels.
        pieces: connected pieces larger than 0.5 % of the picture.
        central: share of the middle ninth of the picture that is in it.
    """

    image_id: str
    lesion: str
    dx: str
    iou: float
    dice: float
    hidden: float
    kind: str
    area: float
    corners: float
    border: float
    separation: float
    contrast: float
    pieces: float
    central: float


SIGNS = tuple(field.name for field in fields(RoiMeasure))[7:]


def have_masks(records: Sequence[LesionRecord]) -> bool:
    """Whether every record has an expert's mask."""
    return all(mask_path(record).is_file() for record in records)


def measure_roi(records: Sequence[LesionRecord]) -> list[RoiMeasure]:
    """Measures every record. Raises DatasetError where a mask is missing."""
    if absent := [record.image_id for record in records if not mask_path(record).is_file()]:
        raise DatasetError(f"{len(absent)} images have no expert mask, among them {absent[:3]}.")
    with multiprocessing.get_context("spawn").Pool() as pool:
        measured = pool.imap(_measure, records, chunksize=32)
        return list(tqdm(measured, total=len(records), desc="ROI", unit="image"))


def summarise_roi(measures: Sequence[RoiMeasure]) -> dict[str, Any]:
    """Overlap by class and by kind, and how well the signs predict a failure; JSON-ready."""
    return {
        "failure_below_iou": FAILURE,
        "all": _overlap(measures),
        "by_class": {
            dx: _overlap([row for row in measures if row.dx == dx]) for dx in sorted({m.dx for m in measures})
        },
        "by_kind": {
            kind: _overlap([row for row in measures if row.kind == kind]) for kind in sorted({m.kind for m in measures})
        },
        "signs": predict_failures(measures),
    }


def predict_failures(measures: Sequence[RoiMeasure]) -> dict[str, Any]:
    """AUC of each sign alone (the better direction) and of all together (logistic regression, five folds by lesion).

    Raises:
        DatasetError: it fails on fewer than five lesions, or on all but fewer than five.
    """
    failed = np.array([row.iou < FAILURE for row in measures])
    lesions = [len({row.lesion for row in measures if (row.iou < FAILURE) is side}) for side in (True, False)]
    if min(lesions) < FOLDS:
        raise DatasetError(
            f"the ROI step fails on {lesions[0]} lesions and not on {lesions[1]}: too few to learn its signs from"
        )
    table = np.array([[asdict(row)[sign] for sign in SIGNS] for row in measures])
    alone = {sign: float(roc_auc_score(failed, table[:, column])) for column, sign in enumerate(SIGNS)}
    together = cross_val_predict(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        table,
        failed,
        groups=[row.lesion for row in measures],
        cv=StratifiedGroupKFold(FOLDS),
        method="predict_proba",
    )[:, 1]
    return {
        "auc_alone": {sign: max(auc, 1 - auc) for sign, auc in alone.items()},
        "auc_together": float(roc_auc_score(failed, together)),
    }


def _measure(record: LesionRecord) -> RoiMeasure:
    spec = PreprocessSpec()
    image = working_image(read_image(record.image_path), spec)
    expert = read_mask(mask_path(record), image.shape)
    filtered = np.asarray(filter_bilateral(close_hair(image, spec), spec), np.uint8)
    otsu = otsu_mask(filtered) == 0
    grey = cv2.cvtColor(filtered, cv2.COLOR_RGB2GRAY).astype(np.float64)
    both = float((otsu & expert).sum())
    return RoiMeasure(
        image_id=record.image_id,
        lesion=record.group,
        dx=record.dx,
        iou=both / max(float((otsu | expert).sum()), 1.0),
        dice=2 * both / max(float(otsu.sum() + expert.sum()), 1.0),
        hidden=float((expert & ~otsu).sum()) / max(float(expert.sum()), 1.0),
        kind=_kind(image, grey, expert),
        **signs(otsu, grey),
    )


def signs(otsu: npt.NDArray[np.bool_], grey: npt.NDArray[np.float64]) -> dict[str, float]:
    """The signs of RoiMeasure from Otsu's mask, bool (H, W), and the grey levels, float (H, W)."""
    side = len(otsu)
    border = np.concatenate([otsu[0], otsu[-1], otsu[:, 0], otsu[:, -1]])
    share = float(otsu.mean())
    means = [float(grey[part].mean()) if part.any() else 0.0 for part in (otsu, ~otsu)]
    between = share * (1 - share) * (means[1] - means[0]) ** 2
    _, _, statistics, _ = cv2.connectedComponentsWithStats(otsu.astype(np.uint8))
    middle = slice(side // 3, side - side // 3)
    return {
        "area": share,
        "corners": float(sum(corner.mean() > 0.5 for corner in _corners(otsu))),
        "border": float(border.mean()),
        "separation": between / max(float(grey.var()), 1e-9),
        "contrast": means[1] - means[0],
        "pieces": float((statistics[1:, cv2.CC_STAT_AREA] > 0.005 * otsu.size).sum()),
        "central": float(otsu[middle, middle].mean()),
    }


def _corners(picture: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    edge = max(1, round(len(picture) * CORNER))
    return [
        picture[rows, columns]
        for rows in (slice(edge), slice(-edge, None))
        for columns in (slice(edge), slice(-edge, None))
    ]


def _kind(image: Image, grey: npt.NDArray[np.float64], expert: npt.NDArray[np.bool_]) -> str:
    if sum(corner.mean() < DARK_CORNER for corner in _corners(grey)) >= 2:
        return "vignette"
    if expert.mean() > LARGE:
        return "large lesion"
    if expert.any() and (~expert).any() and grey[~expert].mean() - grey[expert].mean() < PALE:
        return "pale lesion"
    return "hair" if _hair(image)[~expert].mean() > HAIRY else "other"


def _hair(image: Image) -> npt.NDArray[np.bool_]:
    """Where the black top-hat of the picture as it was taken is deep: bool (H, W)."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (HAIR_WIDTH, HAIR_WIDTH))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel) > HAIR_DEPTH, np.bool_)


def _overlap(measures: Sequence[RoiMeasure]) -> dict[str, float]:
    iou = np.array([row.iou for row in measures])
    return {
        "images": len(measures),
        "iou": float(iou.mean()),
        "dice": float(np.mean([row.dice for row in measures])),
        "failures": float((iou < FAILURE).mean()),
    }
