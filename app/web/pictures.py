"""Pictures inside pages, reduced to the size that is shown."""

import cv2
import numpy as np
import numpy.typing as npt

from app.ops.pictures import Image, data_uri, encoded

PREVIEW_SIDE = 640
SMALL_PREVIEW_SIDE = 448
"""Where a page shows several pictures."""

THUMBNAIL_SIDE = 72
STAGE_SIDE = 144
QUALITY = 86


def jpeg_uri(image: Image, side: int) -> str:
    """An RGB image (H, W, 3) as a JPEG of at most `side` pixels a side, inside a data: URI."""
    return data_uri("jpeg", jpeg(image, side))


def jpeg(image: Image, side: int) -> bytes:
    """An RGB image (H, W, 3) as a JPEG of at most `side` pixels a side."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    return encoded(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def outline_path(outline: npt.NDArray[np.float32]) -> str:
    """An outline (points, 2), shares of width and height, as the path of an SVG with the view box 0 0 100 100."""
    points = " L".join(f"{x * 100:.1f} {y * 100:.1f}" for x, y in outline)
    return f"M{points}Z"
