"""From the cache to batches: what training reads, as a tf.data.Dataset.

decode → six stages → cache (datasets/cache.py) → order of the epoch → augmentation (augment.py) → batch. Only the
training part goes through augmentation. Everything random depends on the recipe's seed, the epoch and the step alone,
so that a resumed run reads what the whole one would have read.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from training.augment import AugmentSpec, augment
from training.datasets.parts import LabelledImages
from training.recipe import Recipe

WORKERS = 2
"""Batches made at the same time, and batches kept ready: what bounds the memory."""


def training_batches(recipe: Recipe, train: LabelledImages, weights: npt.NDArray[np.float32], epoch: int) -> Any:
    """The batches of one epoch, shuffled and augmented.

    Args:
        recipe: its seed, batch size and augmentation.
        train: the training part.
        weights: float32 (K,), of each class in the loss.
        epoch: counted from 0.

    Returns:
        A tf.data.Dataset of (pictures float32 (B, side, side, 3) 0..1, one-hot labels float32 (B, K), weights float32
        (B,)); what does not fill a batch is left out.
    """
    order = np.random.default_rng([recipe.seed, epoch]).permutation(len(train.labels))
    return batches(train, weights, order, recipe.fit.batch_size, augmentation=(recipe.augment, (recipe.seed, epoch)))


def batches(
    part: LabelledImages,
    weights: npt.NDArray[np.float32],
    order: npt.NDArray[np.int64],
    size: int,
    *,
    augmentation: tuple[AugmentSpec, tuple[int, ...]] | None = None,
) -> Any:
    """The images of `order`, `size` at a time; as they are, or augmented with (ranges, seed).

    Returns:
        As `training_batches`.
    """
    one_hot = np.eye(len(weights), dtype=np.float32)
    pixels = part.images.pixels

    def batch(step: npt.NDArray[np.int64]) -> tuple[Any, ...]:
        rows = order[int(step) * size : (int(step) + 1) * size]
        pictures = pixels[rows]
        if augmentation:
            spec, seed = augmentation
            pictures = augment(pictures, (*seed, int(step)), spec)
        labels = part.labels[rows]
        # Here and not in the graph, which would multiply by 1/255 and be off by a bit from what serving computes.
        return pictures.astype(np.float32) / np.float32(255), one_hot[labels], weights[labels]

    def shaped(step: Any) -> Any:
        pictures, labels, sample_weights = tf.numpy_function(batch, [step], [tf.float32, tf.float32, tf.float32])
        return (
            tf.ensure_shape(pictures, (size, *pixels.shape[1:])),
            tf.ensure_shape(labels, (size, len(weights))),
            tf.ensure_shape(sample_weights, (size,)),
        )

    options = tf.data.Options()
    # The autotuner sleeps twice as long after each of its rounds, and the end of an epoch waits for it: 10 to 20 s.
    options.autotune.enabled = False
    steps = tf.data.Dataset.range(len(order) // size)
    return steps.map(shaped, num_parallel_calls=WORKERS).prefetch(WORKERS).with_options(options)
