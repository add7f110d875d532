"""What two copies of a picture have in common, whatever their name, size, JPEG quality or orientation.

A descriptor is a thumbnail: 16×16 of luma and 8×8 of the two chroma channels, each less its mean. A principal component
analysis of the pictures at hand then weighs down what all lesions share (a dark blob in the middle).
"""

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.screening.decode import DecodeLimits, decode
from app.screening.errors import RefusedUpload
from app.screening.preprocess import Image

LUMA_SIDE = 16
CHROMA_SIDE = 8
DETAIL_SIDE = 96
COMPONENTS = 256
WHITENING = 0.5
"""Components are divided by their standard deviation to this power: 0 leaves them, 1 makes all equal."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Attributes:
    details: uint8 (N, 96, 96, 3), RGB, each picture squashed.
    readable: int64 (N,), the rows of the files that `details` holds.
    unreadable: {row of the file: why}.
    """

    details: npt.NDArray[np.uint8]
    readable: npt.NDArray[np.int64]
    unreadable: dict[int, str]


def read_pictures(paths: Sequence[Path]) -> Pictures:
    """Decodes files on all cores; one that cannot be decoded is listed, not fatal."""
    # Filled as they come: a list that is stacked afterwards would hold all of them twice.
    details = np.empty((len(paths), DETAIL_SIDE, DETAIL_SIDE, 3), np.uint8)
    readable: list[int] = []
    unreadable: dict[int, str] = {}
    with multiprocessing.get_context("spawn").Pool() as pool:
        answers = pool.imap(_read, [str(path) for path in paths], chunksize=32)
        for row, answer in enumerate(tqdm(answers, total=len(paths), desc="decoding", unit="image")):
            if isinstance(answer, str):
                unreadable[row] = answer
            else:
                details[len(readable)] = answer
                readable.append(row)
    return Pictures(details[: len(readable)], np.array(readable, dtype=np.int64), unreadable)


def thumbnails(details: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """float32 (N, 384) of uint8 (N, side, side, 3)."""
    return np.stack([_thumbnail(detail) for detail in details])


def orientations(detail: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """The eight ways to turn and mirror a square picture; the first is itself."""
    turned = [np.rot90(detail, quarter) for quarter in range(4)]
    return [np.ascontiguousarray(picture) for picture in (*turned, *(picture[:, ::-1] for picture in turned))]


@dataclass(frozen=True, slots=True)
class Projection:
    """Attributes:
    mean: float32 (384,).
    axes: float32 (384, components).
    """

    mean: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]

    @classmethod
    def fitted(cls, thumbs: npt.NDArray[np.float32]) -> "Projection":
        """Fits the principal components of (N, 384) thumbnails."""
        mean = thumbs.mean(axis=0)
        centred = (thumbs - mean).astype(np.float64)
        variances, vectors = np.linalg.eigh(centred.T @ centred / len(thumbs))
        order = np.argsort(variances)[::-1][:COMPONENTS]
        scale = np.sqrt(np.maximum(variances[order], 1e-12)) ** WHITENING
        return cls(mean, (vectors[:, order] / scale).astype(np.float32))

    def __call__(self, thumbs: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Descriptors float32 (N, components) of length 1, whose product is their similarity, -1..1."""
        projected = (thumbs - self.mean) @ self.axes
        return np.asarray(projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-12), np.float32)


def _read(path: str) -> Image | str:
    try:
        image = decode(Path(path).read_bytes(), DecodeLimits())
    except (RefusedUpload, OSError) as error:
        return str(error)
    interpolation = cv2.INTER_AREA if min(image.shape[:2]) >= DETAIL_SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (DETAIL_SIDE, DETAIL_SIDE), interpolation=interpolation), np.uint8)


def _thumbnail(detail: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    small = cv2.resize(detail, (LUMA_SIDE, LUMA_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    channels = cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb)
    luma = channels[..., 0]
    chroma = cv2.resize(channels[..., 1:], (CHROMA_SIDE, CHROMA_SIDE), interpolation=cv2.INTER_AREA)
    return np.concatenate([(luma - luma.mean()).ravel(), (chroma - chroma.mean(axis=(0, 1))).ravel()])
