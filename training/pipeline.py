"""From the cache to batches: what training reads, as a tf.data.Dataset.

decode → six stages → cache (datasets/cache.py) → order of the epoch → augmentation (views.py, augment.py) → batch. Only
the training part goes through augmentation. Everything random depends on the recipe's seed, the epoch and the picture
alone, so that a resumed run reads what the whole one would have read.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.datasets.cache import network_input
from training.datasets.parts import LabelledImages
from training.recipe import Recipe
from training.soft_labels import SoftLabels
from training.views import Views

WORKERS = 2
"""Batches made at the same time, and batches kept ready: what bounds the memory."""

Rows = npt.NDArray[np.int64]
Inputs = npt.NDArray[np.uint8] | npt.NDArray[np.float32]
Batch = tuple[Inputs, npt.NDArray[np.float32], npt.NDArray[np.float32]]


def training_batches(
    recipe: Recipe,
    train: LabelledImages,
    weights: npt.NDArray[np.float32],
    epoch: int,
    soft_labels: SoftLabels | None = None,
) -> Any:
    """The batches of one epoch, shuffled and augmented.

    Args:
        recipe: its seed, batch size and augmentation.
        train: the training part.
        weights: float32 (K,), of each class in the loss.
        epoch: counted from 0.
        soft_labels: the teachers' answers to the views, where the recipe distils.

    Returns:
        A tf.data.Dataset of (pictures float32 (B, side, side, 3) 0..1, targets float32 (B, K), weights float32 (B,));
        a mixed picture weighs what its classes weigh. With soft labels the targets are (B, 2K): the teachers' logits
        follow. What does not fill a batch is left out.
    """
    views = Views(
        train.images.pixels, np.eye(len(weights), dtype=np.float32)[train.labels], recipe.augment, recipe.views_seed
    )
    view = epoch % soft_labels.views if soft_labels else epoch

    def read(rows: Rows) -> Batch:
        pictures, targets = views.make(rows, view)
        if soft_labels:
            targets = np.hstack([targets, soft_labels.logits(view, rows)])
        return network_input(pictures, recipe.preprocess), targets, targets[:, : len(weights)] @ weights

    return batches(read, epoch_order(recipe, train.labels, epoch), recipe.fit.batch_size)


def epoch_order(recipe: Recipe, labels: npt.NDArray[np.int64], epoch: int) -> Rows:
    """The rows of an epoch, shuffled: each once, and those of small classes again where the recipe oversamples."""
    random = np.random.default_rng([recipe.seed, epoch])
    rows = [np.arange(len(labels))]
    for label, count in enumerate(np.bincount(labels)):
        if 0 < count < recipe.fit.oversample_to:
            rows.append(random.choice(np.flatnonzero(labels == label), recipe.fit.oversample_to - count))
    return random.permutation(np.concatenate(rows))


def batches(read: Callable[[Rows], Batch], order: Rows, size: int) -> Any:
    """What `read` gives for the rows of `order`, `size` at a time, made ahead on WORKERS threads.

    Args:
        read: from rows to pictures uint8, which are divided by 255, or float32; targets float32; weights float32.
        order: int64 rows.
        size: of a batch; what does not fill one is left out.

    Returns:
        As `training_batches`.
    """
    shapes = [(size, *part.shape[1:]) for part in read(order[:1])]

    def batch(step: npt.NDArray[np.int64]) -> tuple[Any, ...]:
        pictures, targets, weights = read(order[int(step) * size : (int(step) + 1) * size])
        # Here and not in the graph, which would multiply by 1/255 and be off by a bit from what serving computes.
        scaled = pictures.astype(np.float32) / np.float32(255) if pictures.dtype == np.uint8 else pictures
        return scaled, targets, weights

    def shaped(step: Any) -> Any:
        parts = tf.numpy_function(batch, [step], [tf.float32, tf.float32, tf.float32])
        return tuple(tf.ensure_shape(part, shape) for part, shape in zip(parts, shapes, strict=True))

    options = tf.data.Options()
    # The autotuner sleeps twice as long after each of its rounds, and the end of an epoch waits for it: 10 to 20 s.
    options.autotune.enabled = False
    steps = tf.data.Dataset.range(len(order) // size)
    return steps.map(shaped, num_parallel_calls=WORKERS).prefetch(WORKERS).with_options(options)
