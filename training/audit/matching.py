"""From pictures to pairs: nearest neighbours propose, an alignment of the fine detail decides.

The neighbours come from FAISS, in all eight orientations and slightly enlarged (for copies that were cropped). Two
lesions can look alike in a thumbnail; two pictures of one lesion also share hairs, pores and pigment net, so each
proposed pair is aligned (Evangelidis, Psarakis 2008: ECC, affine) and the locally normalised detail is correlated.
"""

import multiprocessing
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.screening.preprocess import Image
from training.audit.descriptors import Projection, orientations, thumbnails

NEIGHBOURS = 4
"""Asked for in each orientation."""

PROPOSALS = 5
"""Kept of all orientations, for each picture."""

LEAST_SIMILARITY = 0.45
ENLARGEMENT = 0.93
"""Share of the side that the enlarged query keeps."""

SAME_PICTURE = 0.85
SAME_LESION = 0.7
"""Correlations of the aligned detail. Above the first: copies of one picture. Between: other pictures of one lesion."""

PART = 1024
"""Pictures that are turned at a time."""

COARSE_SIDE = 48
LEAST_COARSE = 0.5
LARGEST_CHANGE = 0.25
"""Of scale and shear, and of the shift as a share of the side, in an alignment that is believed."""

BLACK, EDGE = 60, 9
"""Grey level below which what touches the border lies outside the field of view; width of its edge in pixels."""

LEAST_SHARED, HALF = 0.25, 0.5
"""Share of the picture that both must show."""

Batch = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pair:
    """Attributes:
    first, second: rows, first < second.
    orientation: of the second against the first, 0..7 as `orientations` counts.
    correlation: of the aligned fine detail, SAME_LESION..1.
    """

    first: int
    second: int
    orientation: int
    correlation: float

    @property
    def same_picture(self) -> bool:
        """Whether it is one picture, rather than two of one lesion."""
        return self.correlation >= SAME_PICTURE


def find_pairs(details: Batch) -> list[Pair]:
    """All pairs of pictures that show the same.

    Args:
        details: uint8 (N, side, side, 3), RGB.

    Returns:
        Ordered by their rows, each pair once.
    """
    return verify(details, propose(details))


def verify(details: Batch, proposed: Sequence[tuple[int, int, int]]) -> list[Pair]:
    """Those of the proposed pairs whose fine detail agrees, in the same order."""
    with tempfile.TemporaryDirectory() as folder:
        # A file that all processes map, so that the pictures exist once.
        path = Path(folder) / "details.npy"
        np.save(path, details)
        with multiprocessing.get_context("spawn").Pool() as pool:
            verified = pool.imap(partial(_verify_row, path=str(path)), proposed, chunksize=64)
            found = list(tqdm(verified, total=len(proposed), desc="comparing", unit="pair"))
    return [pair for pair in found if pair is not None]


def propose(details: Batch) -> list[tuple[int, int, int]]:
    """Pairs worth a closer look: (first, second, orientation of the second), each pair of rows once."""
    import faiss

    thumbs = thumbnails(details)
    projection = Projection.fitted(thumbs)
    index = faiss.IndexFlatIP(min(projection.axes.shape[1], thumbs.shape[1]))
    index.add(projection(thumbs))
    best: dict[tuple[int, int], tuple[float, int]] = {}
    rows = np.arange(len(details))
    similarity = np.empty((len(details), 0), np.float32)
    neighbour = np.empty((len(details), 0), np.int64)
    turned_by = np.empty((len(details), 0), np.int64)
    for orientation in tqdm(range(9), desc="neighbours", unit="orientation"):
        found, which = index.search(projection(_query_thumbnails(details, orientation)), NEIGHBOURS)
        found[(which == rows[:, np.newaxis]) | (found < LEAST_SIMILARITY)] = -np.inf
        similarity = np.hstack([similarity, found])
        neighbour = np.hstack([neighbour, which])
        turned_by = np.hstack([turned_by, np.full_like(which, orientation % 8)])
    order = np.argsort(-similarity, axis=1)[:, :PROPOSALS]
    for row, columns in enumerate(order):
        for column in columns[np.isfinite(similarity[row, columns])]:
            other, turn = int(neighbour[row, column]), int(turned_by[row, column])
            # The query was turned to match the other; seen from the lower row, the inverse turn may be meant.
            first, second, turn = (other, row, turn) if other < row else (row, other, INVERSE[turn])
            if float(similarity[row, column]) > best.get((first, second), (-1.0, 0))[0]:
                best[first, second] = (float(similarity[row, column]), turn)
    return [(first, second, turn) for (first, second), (_, turn) in sorted(best.items())]


def correlate(first: Image, second: Image) -> float:
    """Correlation of the fine detail of two pictures of one size after alignment, -1..1; -1 where none is found."""
    one, other = _grey(first), _grey(second)
    side = len(one)
    small = [cv2.resize(grey, (COARSE_SIDE, COARSE_SIDE), interpolation=cv2.INTER_AREA) for grey in (one, other)]
    try:
        coarse, warp = _align(small[0], small[1], np.eye(2, 3, dtype=np.float32), 30)
        if coarse < LEAST_COARSE:
            return -1.0
        warp[:, 2] *= side / COARSE_SIDE
        detail = [_detail(grey) for grey in (one, other)]
        _, warp = _align(detail[0], detail[1], warp, 8)
    except cv2.error:  # the alignment does not converge: nothing in common
        return -1.0
    if abs(warp[:, :2] - np.eye(2)).max() > LARGEST_CHANGE or abs(warp[:, 2]).max() > LARGEST_CHANGE * side:
        return -1.0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(detail[1], warp, (side, side), flags=flags, borderValue=float("nan"))
    seen = [_field_of_view(grey).astype(np.float32) for grey in (one, other)]
    shared = np.isfinite(moved) & (seen[0] > 0) & (cv2.warpAffine(seen[1], warp, (side, side), flags=flags) > HALF)
    if shared.mean() < LEAST_SHARED:
        return -1.0
    return float(np.corrcoef(detail[0][shared], moved[shared])[0, 1])


def _field_of_view(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Where a picture shows skin: not the black around a round field of view, nor its edge. bool (H, W).

    Two pictures of different lesions through the same round opening share that edge, and nothing else.
    """
    _, pieces = cv2.connectedComponents((grey < BLACK).astype(np.uint8))
    outer = np.unique(np.concatenate([pieces[0], pieces[-1], pieces[:, 0], pieces[:, -1]]))
    around = np.isin(pieces, outer[outer > 0]).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * EDGE + 1, 2 * EDGE + 1))
    return np.asarray(cv2.dilate(around, kernel) == 0, np.bool_)


def _verify_row(proposal: tuple[int, int, int], path: str) -> Pair | None:
    first, second, turn = proposal
    details = np.load(path, mmap_mode="r")
    correlation = correlate(details[first], orientations(details[second])[turn])
    return Pair(first, second, turn, correlation) if correlation >= SAME_LESION else None


def _align(
    one: npt.NDArray[np.float32], other: npt.NDArray[np.float32], warp: npt.NDArray[np.float32], steps: int
) -> tuple[float, npt.NDArray[np.float32]]:
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, steps, 1e-3)
    coefficient, found = cv2.findTransformECC(one, other, warp, cv2.MOTION_AFFINE, criteria, None, 3)
    return float(coefficient), np.asarray(found, np.float32)


def _grey(picture: Image) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY), np.float32)


def _detail(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Band-pass over its local strength: dark corners and the lesion's border weigh no more than pores and hairs."""
    band = cv2.GaussianBlur(grey, (0, 0), 0.8) - cv2.GaussianBlur(grey, (0, 0), 3.0)
    return np.asarray(band / (np.sqrt(cv2.GaussianBlur(band * band, (0, 0), 6.0)) + 2.0), np.float32)


def _query_thumbnails(details: Batch, orientation: int) -> npt.NDArray[np.float32]:
    """Of all pictures turned (0..7) or enlarged (8); a part at a time, so that only one part exists twice."""
    change = _enlarged if orientation == 8 else partial(_turned, orientation=orientation)
    parts = [details[start : start + PART] for start in range(0, len(details), PART)]
    return np.concatenate([thumbnails(change(part)) for part in parts])


def _turned(details: Batch, orientation: int) -> Batch:
    turned = np.rot90(details, orientation % 4, axes=(1, 2))
    return np.ascontiguousarray(turned[:, :, ::-1] if orientation >= 4 else turned)


def _enlarged(details: Batch) -> Batch:
    side = details.shape[1]
    margin = round(side * (1 - ENLARGEMENT) / 2)
    inner = details[:, margin : side - margin, margin : side - margin]
    return np.stack([cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR) for picture in inner])


def _inverse_orientations() -> tuple[int, ...]:
    corners = np.arange(4, dtype=np.uint8).reshape(2, 2)
    turned = [picture.tobytes() for picture in orientations(corners)]
    return tuple(
        next(
            back
            for back in range(8)
            if orientations(np.frombuffer(state, np.uint8).reshape(2, 2))[back].tobytes() == corners.tobytes()
        )
        for state in turned
    )


INVERSE = _inverse_orientations()


def group_names(groups: Sequence[str], pairs: Sequence[Pair]) -> list[str]:
    """Joins groups that pairs connect.

    Args:
        groups: N names, such as lesion ids.
        pairs: between their rows.

    Returns:
        N names; connected groups share the alphabetically first of theirs.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, member = np.unique(np.asarray(groups), return_inverse=True)
    ends = np.array([(member[pair.first], member[pair.second]) for pair in pairs], dtype=np.int64).reshape(-1, 2)
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(names), len(names)))
    _, component = connected_components(links, directed=False)
    # np.unique sorts, so that the first name of a component is its alphabetically first.
    first = {int(label): str(names[row]) for row, label in reversed(list(enumerate(component)))}
    return [first[int(component[row])] for row in member]
