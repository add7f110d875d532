"""Precision and recall of the audit: copies made on purpose, hidden among real pictures that show different lesions."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np

from app.screening.preprocess import Image
from training.audit.descriptors import read_pictures
from training.audit.matching import find_pairs
from training.datasets.records import DatasetError, LesionRecord

COPY_QUALITY = 80
"""JPEG quality at which every copy is saved, whatever else was done to it."""


def _re_encoded(picture: Image) -> Image:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 45])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def _resized(picture: Image) -> Image:
    return np.asarray(cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), np.uint8)


def _cropped(picture: Image) -> Image:
    height, width = picture.shape[:2]
    return picture[int(height * 0.05) :, int(width * 0.02) : int(width * 0.97)].copy()


COPIES: Mapping[str, Callable[[Image], Image]] = MappingProxyType(
    {
        "re-encoded at quality 45": _re_encoded,
        "resized to 60 %": _resized,
        "rotated by 90°": lambda picture: np.rot90(picture).copy(),
        "mirrored": lambda picture: picture[:, ::-1].copy(),
        "cropped at three edges": _cropped,
    }
)


@dataclass(frozen=True, slots=True)
class Trial:
    """Attributes:
    pictures: how many real pictures, each of another lesion id.
    made: {kind of copy: how many}.
    found: {kind of copy: how many of them}.
    unexpected: pairs that were found beside the copies, as ids.
    known: how many of those are known to be of one lesion under several ids, so that they are no mistakes.
    """

    pictures: int
    made: dict[str, int]
    found: dict[str, int]
    unexpected: tuple[tuple[str, str], ...]
    known: int

    @property
    def recall(self) -> float:
        """Share of the copies that were found."""
        return sum(self.found.values()) / sum(self.made.values())

    @property
    def precision(self) -> float:
        """Share of the pairs that were found which are copies made here, or known to show one lesion."""
        right = sum(self.found.values()) + self.known
        return right / max(sum(self.found.values()) + len(self.unexpected), 1)

    def summary(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "pictures": self.pictures,
            "made": self.made,
            "found": self.found,
            "unexpected": [list(pair) for pair in self.unexpected],
            "known": self.known,
            "recall": self.recall,
            "precision": self.precision,
        }


def run_trial(
    records: Sequence[LesionRecord],
    *,
    pictures: int,
    copies: int,
    seed: int,
    joined: Sequence[Sequence[str]] = (),
) -> Trial:
    """Hides copies of each kind among pictures and lets the audit look for them.

    Args:
        records: to draw the pictures from, at most one of each lesion id.
        pictures: how many, of which the first `copies` times the kinds have a copy.
        copies: of each kind.
        seed: of the draw.
        joined: lesion ids that are known to be of one lesion, a sequence each.

    Raises:
        DatasetError: there are not so many lesions, or fewer pictures than copies.
    """
    lesions: dict[str, LesionRecord] = {}
    for row in np.random.default_rng(seed).permutation(len(records)):
        lesions.setdefault(records[row].group, records[row])
    originals = list(lesions.values())[:pictures]
    kinds = [kind for kind in COPIES for _ in range(copies)]
    if len(originals) < pictures or len(kinds) > pictures:
        raise DatasetError(
            f"{pictures} pictures of different lesions with {len(kinds)} copies cannot be drawn: {len(lesions)} lesions"
        )
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"copy-{row}.jpg" for row in range(len(kinds))]
        for original, kind, path in zip(originals, kinds, paths, strict=False):
            copy = COPIES[kind](np.asarray(cv2.imread(str(original.image_path)), np.uint8))
            cv2.imwrite(str(path), copy, [cv2.IMWRITE_JPEG_QUALITY, COPY_QUALITY])
        pairs = find_pairs(read_pictures([*(record.image_path for record in originals), *paths]).details)
    names = [*(record.image_id for record in originals), *(path.stem for path in paths)]
    found = {(pair.first, pair.second) for pair in pairs}
    truth = {(row, pictures + row): kind for row, kind in enumerate(kinds)}
    lesion = [*(record.group for record in originals), *(record.group for record in originals[: len(kinds)])]
    of_one = [set(lesions) for lesions in joined]
    unexpected = sorted(found - set(truth))
    return Trial(
        pictures=pictures,
        made=dict.fromkeys(COPIES, copies),
        found={kind: sum(truth.get(pair) == kind for pair in found) for kind in COPIES},
        unexpected=tuple((names[first], names[second]) for first, second in unexpected),
        known=sum(any({lesion[first], lesion[second]} <= group for group in of_one) for first, second in unexpected),
    )
