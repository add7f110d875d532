"""How fast the input pipeline is and what memory it takes, measured on a whole data set."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.datasets.cache import network_input, preprocessed
from training.datasets.parts import LabelledImages, labels
from training.datasets.records import LesionRecord
from training.datasets.schemes import SCHEMES
from training.memory import PeakMemory
from training.pipeline import Batch, batches, picture_views, training_batches
from training.recipe import Recipe
from training.views import Rows


def measure_pipeline(recipe: Recipe, records: Sequence[LesionRecord]) -> dict[str, Any]:
    """Fills a cache of its own from a cold start, then reads it in a shuffled order without and with augmentation.

    Args:
        recipe: its stages, augmentation and batch size.
        records: what to read; they are only read, no model sees them.

    Returns:
        JSON-ready: {"images", "six_stages", "from_cache", "augmented"}, each of the last three with seconds, images per
        second and the peak of memory in MB (10⁶ bytes).
    """
    scheme = SCHEMES[recipe.scheme]
    with tempfile.TemporaryDirectory() as folder:
        cold, cached = _timed(lambda: preprocessed(records, recipe.preprocess, Path(folder)), len(records))
        part = LabelledImages(cached, labels(records, scheme))
        weights = np.ones(len(scheme.classes), np.float32)
        views = picture_views(recipe, part, len(scheme.classes))
        order = np.random.default_rng(recipe.seed).permutation(len(records))

        def plain(rows: Rows) -> Batch:
            return (
                network_input(cached.pixels[rows], recipe.preprocess),
                views.targets[rows],
                weights[part.labels[rows]],
            )

        def drain(dataset: Any) -> int:
            return sum(len(pictures) for pictures, _, _ in dataset)

        from_cache, _ = _timed(lambda: drain(batches(plain, order, recipe.fit.batch_size)))
        augmented, _ = _timed(lambda: drain(training_batches(recipe, views, part.labels, weights, 0)))
    return {"images": len(records), "six_stages": cold, "from_cache": from_cache, "augmented": augmented}


def _timed(step: Callable[[], Any], images: int | None = None) -> tuple[dict[str, float], Any]:
    """Seconds, rate and memory of a step; `images` it goes through, or else the number that it returns."""
    with PeakMemory() as memory:
        started = time.perf_counter()
        answer = step()
        seconds = time.perf_counter() - started
    rate = (answer if images is None else images) / seconds
    return {"seconds": round(seconds, 1), "images_per_second": round(rate), "peak_mb": round(memory.megabytes)}, answer
