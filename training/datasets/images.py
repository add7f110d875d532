"""A picture file of a data set, decoded as serving decodes it."""

from pathlib import Path

from app.screening.decode import DecodeLimits, decode
from app.screening.errors import RefusedUpload
from app.screening.preprocess import Image
from training.datasets.records import DatasetError


def read_image(path: Path) -> Image:
    """RGB uint8 (H, W, 3). Raises DatasetError, which names the file, where it cannot be decoded."""
    try:
        return decode(path.read_bytes(), DecodeLimits())
    except RefusedUpload as refusal:
        raise DatasetError(f"{path}: {refusal.title}. {refusal.advice}") from refusal
