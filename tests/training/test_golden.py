"""What the names of algorithms promise: the same numbers give the same pictures, in this version as in the last.

Caches, banks of soft labels and committed answers of teachers outlive the code that made them. Whoever changes what a
view or a stage gives has to change VIEWS_ALGORITHM or the cache's ALGORITHM with it, and then writes these pictures
anew: `python -m tests.training.test_golden`.
"""

from pathlib import Path

import numpy as np

from app.screening.preprocess import PreprocessSpec, preprocess
from app.screening.synthetic import draw_lesion
from training.augment import AugmentSpec
from training.datasets.cache import ALGORITHM
from training.views import VIEWS_ALGORITHM, Views

GOLDEN = Path(__file__).with_name("golden.npz")
SIDE = 48
MOST, MEAN = 2, 0.05
"""Grey levels: another processor may round otherwise here and there."""

SPEC = AugmentSpec(
    quarter_turns=True, warp_share=0.7, rotation=45, shift=0.06, shear=6, zoom=0.1, brightness=0.04, contrast=0.08,
    blur_share=0.5, blur=0.8, mixup=0.3, horizontal_flip=True, vertical_flip=True,
)  # fmt: skip


def made() -> dict[str, np.ndarray]:
    """The six stages of drawn lesions, and views of them, uint8."""
    lesions = np.stack([draw_lesion(seed, SIDE, SIDE) for seed in range(4)])
    spec = PreprocessSpec(working_size=SIDE, output_size=SIDE)
    stages = np.stack([preprocess(lesion, spec) for lesion in lesions])
    views, targets = Views(lesions, np.eye(4, dtype=np.float32), SPEC, seed=7).make(np.arange(4), 3)
    return {
        f"{ALGORITHM} pictures": np.rint(stages * 255).astype(np.uint8),
        f"{VIEWS_ALGORITHM} pictures": views,
        f"{VIEWS_ALGORITHM} targets": np.rint(targets * 255).astype(np.uint8),
    }


def test_the_same_numbers_give_the_same_pictures_as_in_the_last_version() -> None:
    golden = np.load(GOLDEN)
    now = made()
    assert set(golden.files) == set(now)
    for name, expected in golden.items():
        difference = np.abs(now[name].astype(int) - expected)
        assert difference.max() <= MOST, name
        assert difference.mean() <= MEAN, name


if __name__ == "__main__":
    np.savez_compressed(GOLDEN, **made())
