"""A picture file of a data set, decoded as serving decodes it."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.screening.decode import DecodeLimits, decode
from app.screening.errors import RefusedUpload
from app.screening.preprocess import Image
from training.datasets.records import DatasetError


def read_mask(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """An expert's mask scaled to the shape of its picture (H, W, ...). Raises DatasetError, which names the file."""
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise DatasetError(f"{path} is no mask that can be read.")
    return np.asarray(cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_AREA) > 127, np.bool_)


def read_image(path: Path) -> Image:
    """RGB uint8 (H, W, 3). Raises DatasetError, which names the file, where it cannot be decoded."""
    try:
        return decode(path.read_bytes(), DecodeLimits())
    except RefusedUpload as refusal:
        raise DatasetError(f"{path}: {refusal.title}. {refusal.advice}") from refusal
