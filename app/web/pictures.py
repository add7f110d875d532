"""Sizes of pictures inside pages, and outlines over them."""

import numpy as np
import numpy.typing as npt

PREVIEW_SIDE = 640
SMALL_PREVIEW_SIDE = 448
"""Where a page shows several pictures."""

THUMBNAIL_SIDE = 72
STAGE_SIDE = 144


def outline_path(outline: npt.NDArray[np.float32]) -> str:
    """An outline (points, 2), shares of width and height, as the path of an SVG with the view box 0 0 100 100."""
    points = " L".join(f"{x * 100:.1f} {y * 100:.1f}" for x, y in outline)
    return f"M{points}Z"
