"""The trial set: what a finished gate is measured on, and nothing is chosen by."""

import numpy as np

from app.screening.preprocess import Image
from training.non_lesions.drawn import DRAWN
from training.non_lesions.photos import CROPS, PHOTOS, photos

PICTURES = 40
"""Of each drawn kind."""

SIDE = 256
SEED = 2


def trial_set() -> dict[str, list[Image]]:
    """{kind: pictures}, the same each time, of no kind that the development set has.

    Raises:
        TrainingError: a library that ships photos is not installed.
    """
    random = np.random.default_rng(SEED)
    return {kind: [draw(random, SIDE) for _ in range(PICTURES)] for kind, draw in DRAWN.items()} | photos(random)


def name_of(kind: str, number: int) -> str:
    """What a picture of the trial set is called, by its place among those of its kind."""
    if kind not in PHOTOS:
        return f"number {number + 1}"
    library, name = PHOTOS[kind][number // (CROPS + 1)]
    part = number % (CROPS + 1)
    return f"{library}'s {name}, {f'crop {part}' if part else 'whole'}"
