"""What can be measured on a picture without a model: light, colour, detail, edges and layout.

All but the size are measured on the working image, the picture squashed to a small square, so that they cost the same
for every photo, and on exactly what the model gets to see. None of the numbers here is a threshold: those are a
bundle's.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from app.screening.preprocess import Image, otsu_mask

Floats = npt.NDArray[np.float64]

LEVELS = 5
"""Of the Laplacian pyramid (Burt, Adelson 1983); level 0 is the finest."""

SIGNS: Final = (
    "shorter_side", "brightness", "clipped", "contrast", "spread", "a_mean", "a_spread", "a_low", "a_high", "b_mean",
    "b_spread", "b_low", "b_high", *(f"detail_{level}" for level in range(LEVELS)), "axis_edges", "edge_sparsity",
    "dark_frame", "centre_to_frame", "dark_parts",
)  # fmt: skip
"""Names, in the order of `measure_signs`:

- shorter_side: of the picture as it came, pixels.
- brightness: median grey level, 0..255. clipped: share of pixels with a channel at 250 or above.
- contrast: log of the grey levels' standard deviation. spread: log of their interquartile range.
- a_..., b_...: of CIELAB's a* (green to red) and b* (blue to yellow): mean, log of the standard deviation, 2nd and
  98th percentile.
- detail_N: log of the mean absolute value of level N of the Laplacian pyramid.
- axis_edges: how far edges are upright or level, 0..1 (2/pi for edges of all directions), as in documents.
- edge_sparsity: log ratio of the gradients' root mean square to their mean; high for few and hard edges.
- dark_frame: share of the outer frame that falls into Otsu's darker class. centre_to_frame: grey level of the middle
  quarter less that of the frame. dark_parts: log of 1 + the number of parts of the darker class.
"""

SMALL = 112
"""Side in pixels of the picture that all but the details are measured on."""

FRAME, MIDDLE = 8, 28
"""In pixels of the small picture: width of the frame, and of the margin around the middle quarter."""

SATURATED = 250
LEAST_PART = 20
"""Pixels of the small picture from which a part of the darker class counts."""


def measure_signs(image: Image, working: Image) -> Floats:
    """Measures the signs.

    Args:
        image: RGB uint8 (H, W, 3), as it was decoded.
        working: RGB uint8 (side, side, 3), the same squashed as `app.screening.preprocess` does.

    Returns:
        float64 (len(SIGNS),), finite.
    """
    small = cv2.resize(working, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    low, middle, high = np.percentile(grey, (25, 50, 75))
    signs = [
        min(image.shape[:2]), middle, _saturated(small), np.log(grey.std() + 1),
        np.log(high - low + 1), *_colours(small), *_details(working), *_edges(grey), *_layout(small, grey),
    ]  # fmt: skip
    return np.array(signs, dtype=np.float64)


def _saturated(small: Image) -> float:
    # Channel by channel: numpy's maximum over an axis of three takes ten times as long.
    red, green, blue = cv2.split(small)
    return float((cv2.max(cv2.max(red, green), blue) >= SATURATED).mean())


def _colours(small: Image) -> list[float]:
    found: list[float] = []
    for channel in cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2LAB))[1:]:
        values = channel.astype(np.float32) - 128
        found += [values.mean(), np.log(values.std() + 0.5), *np.percentile(values, (2, 98))]
    return found


def _details(working: Image) -> list[float]:
    found = []
    finer = cv2.cvtColor(working, cv2.COLOR_RGB2GRAY).astype(np.float32)
    for _ in range(LEVELS):
        coarser = cv2.pyrDown(finer)
        detail = finer - cv2.pyrUp(coarser, dstsize=(finer.shape[1], finer.shape[0]))
        found.append(float(np.log(np.abs(detail).mean() + 0.05)))
        finer = coarser
    return found


def _edges(grey: Image) -> tuple[float, float]:
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    length = np.hypot(across, down) + 1e-3
    # |cos 2t| of the direction t, without an arc tangent a pixel.
    upright = np.abs(across**2 - down**2) / length
    return float(upright.sum() / length.sum()), float(np.log(np.sqrt((length**2).mean()) / length.mean()))


def _layout(small: Image, grey: Image) -> tuple[float, float, float]:
    bright = otsu_mask(small)
    dark = ((bright == 0) & bright.any()).astype(np.uint8)  # none where there is one level only
    frame = np.ones(grey.shape, np.bool_)
    frame[FRAME:-FRAME, FRAME:-FRAME] = False
    middle = grey[MIDDLE:-MIDDLE, MIDDLE:-MIDDLE]
    _, _, parts, _ = cv2.connectedComponentsWithStats(dark)
    count = (parts[1:, cv2.CC_STAT_AREA] >= LEAST_PART).sum()
    return float(dark[frame].mean()), float(middle.mean() - grey[frame].mean()), float(np.log1p(count))
