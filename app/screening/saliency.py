"""What the answer rests on: where the picture speaks for malignancy, and which lesion the ROI stage saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.screening.preprocess import Picture, PreprocessSpec, otsu_mask, preprocess_stages

LEAST_EVIDENCE = 1.0
"""Log-odds; a map that nowhere rises more than this over its median marks nothing (a factor of e in the odds)."""

FULL_EVIDENCE = 2.5
"""Log-odds over the median from which on the strength is full."""

LEAST_OUTLINE = 0.005
"""Share of the picture below which a dark region is a speck and no lesion."""

OUTLINE_TOLERANCE = 0.004
"""Share of the picture's side by which the drawn outline may leave the mask's."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Attributes:
    evidence: float32 (h, w), 0..1, how far each part of the picture speaks for malignancy beyond the picture's
        median; None below the operating point, and where no place stands out: a high probability may rest on the
        picture as a whole.
    outline: float32 (points, 2), the border of the lesion as the ROI stage sees it, x and y as shares (0..1) of the
        picture's width and height; None where the stage does not run or finds no region.
    stages: (name, RGB uint8 picture) for each stage that ran, in their order.
    """

    evidence: npt.NDArray[np.float32] | None
    outline: npt.NDArray[np.float32] | None
    stages: tuple[tuple[str, npt.NDArray[np.uint8]], ...]


def explain(
    image: npt.NDArray[np.uint8], activation_map: npt.NDArray[np.float32], spec: PreprocessSpec, *, suspicious: bool
) -> Explanation:
    """Explains one answer.

    Args:
        image: what was decoded, RGB uint8 (H, W, 3).
        activation_map: float32 (h, w), log-odds, of the same picture.
        spec: the preprocessing of the model that answered.
        suspicious: whether the probability of malignancy reaches the operating point. Where it does not, no part of
            the picture is marked: the strongest of weak signs would look like a finding.
    """
    history = preprocess_stages(image, spec)
    return Explanation(
        evidence=evidence(activation_map) if suspicious else None,
        outline=lesion_outline(history),
        stages=tuple((name, shown(picture)) for name, picture in history[1:]),
    )


def evidence(activation_map: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | None:
    """How far each position rises over the map's median, 0..1 in absolute steps; None for a map that is flat.

    The level of a map says little (docs/model.md), and its shape within one picture says where. It is not stretched to
    the full range: weak differences look weak, and the strength means the same in every picture.
    """
    rise = activation_map - np.median(activation_map)
    if not float(rise.max()) > LEAST_EVIDENCE:
        return None
    return np.asarray(np.clip(rise / FULL_EVIDENCE, 0, 1), np.float32)


def lesion_outline(history: Sequence[tuple[str, Picture]]) -> npt.NDArray[np.float32] | None:
    """The border of the dark region that the ROI stage leaves: the largest one, nearer the middle counting more.

    Args:
        history: of `preprocess_stages`.

    Returns:
        float32 (points, 2) as in Explanation; None where the stage did not run, or left none above LEAST_OUTLINE.
    """
    names = [name for name, _ in history]
    if "roi_highlight" not in names:
        return None
    before = history[names.index("roi_highlight") - 1][1]
    dark = cv2.bitwise_not(otsu_mask(before))
    contours, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    side = before.shape[0]
    found = [(weight, contour) for contour in contours if (weight := _centred_area(contour, side)) > 0]
    if not found:
        return None
    _, border = max(found, key=lambda entry: entry[0])
    smooth = cv2.approxPolyDP(border, OUTLINE_TOLERANCE * side, closed=True)[:, 0, :]
    return np.asarray(smooth / (side - 1), np.float32)


def _centred_area(contour: npt.NDArray[np.int32], side: int) -> float:
    """Area as a share, weighed down towards the corners, where dark vignettes lie; 0 for a speck."""
    share = cv2.contourArea(contour) / side**2
    if share < LEAST_OUTLINE:
        return 0.0
    x, y, width, height = cv2.boundingRect(contour)
    distance = np.hypot(x + width / 2 - side / 2, y + height / 2 - side / 2) / side
    return float(share * max(0.0, 1 - 2 * distance) + 1e-9)


def shown(picture: Picture) -> npt.NDArray[np.uint8]:
    """A picture of any stage as RGB uint8, for the eye."""
    if picture.dtype == np.uint8:
        return np.asarray(picture, np.uint8)
    return np.asarray(np.rint(np.clip(picture, 0.0, 1.0).astype(np.float32) * np.float32(255)), np.uint8)
