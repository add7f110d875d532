"""Views: what becomes of the training pictures in an epoch. Each can be made again, alone, by its number.

View v of picture i is decided by the seed, v and i and by nothing else. So a teacher can be asked about a view today
and the student can see the very same one tomorrow, each through its own preprocessing.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from training.augment import AugmentSpec, augment

VIEWS_ALGORITHM = "views-1"
"""Names the code here and in augment.py; a change that gives another picture for the same numbers needs a new name."""

PARTNER = 1
"""Marks the random numbers that choose what is mixed in; those of the picture itself carry no mark."""


Rows = npt.NDArray[np.int64]
Inputs = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
"""Pictures, or features."""


class Numbered(Protocol):
    """What a network learns from: views of pictures, or what frozen backbones make of them."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def make(self, rows: Rows, view: int) -> tuple[Inputs, npt.NDArray[np.float32]]:
        """Inputs (B, ...), pictures uint8 or features float32, and targets float32 (B, K) of some rows in a view."""
        ...


@dataclass(frozen=True, slots=True)
class Views:
    """Attributes:
    pixels: uint8 (N, side, side, 3), preprocessed.
    targets: float32 (N, K), one-hot.
    spec: the ranges.
    seed: of all views.
    """

    pixels: npt.NDArray[np.uint8]
    targets: npt.NDArray[np.float32]
    spec: AugmentSpec
    seed: int

    def __len__(self) -> int:
        return len(self.pixels)

    def make(self, rows: Rows, view: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        """Pictures uint8 (B, side, side, 3) and targets float32 (B, K) of some rows in one view."""
        made = [self._make(int(row), view) for row in rows]
        return np.stack([picture for picture, _ in made]), np.stack([target for _, target in made])

    def _make(self, row: int, view: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        picture = augment(self.pixels[row], (self.seed, view, row), self.spec)
        if not self.spec.mixup:
            return picture, self.targets[row]
        random = np.random.default_rng([self.seed, view, row, PARTNER])
        partner, share = int(random.integers(len(self.pixels))), float(random.uniform(0, self.spec.mixup))
        other = augment(self.pixels[partner], (self.seed, view, row, PARTNER, partner), self.spec)
        mixed = np.rint((1 - share) * picture + share * other.astype(np.float32)).astype(np.uint8)
        target = (1 - share) * self.targets[row] + share * self.targets[partner]
        return mixed, np.asarray(target, np.float32)
