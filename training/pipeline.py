"""From the cache, or from kept features, to batches: what training reads.

decode → six stages → cache (datasets/cache.py) → order of the epoch → augmentation (views.py, augment.py) → batch. Only
the training part goes through augmentation. Everything random depends on the recipe's seed, the epoch and the picture
alone, so that a resumed run reads what the whole one would have read.
"""

import os
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training import backend
from training.datasets.cache import network_input
from training.datasets.parts import LabelledImages
from training.recipe import Recipe
from training.soft_labels import SoftLabels
from training.views import Inputs, Numbered, Rows, Views

WORKERS = 2
"""Batches made at the same time, and batches kept ready: what bounds the memory."""

Batch = tuple[Inputs, npt.NDArray[np.float32], npt.NDArray[np.float32]]


def picture_views(recipe: Recipe, train: LabelledImages, classes: int) -> Views:
    """The augmented pictures of a recipe, with one-hot targets."""
    one_hot = np.eye(classes, dtype=np.float32)[train.labels]
    return Views(train.images.pixels, one_hot, recipe.augment, recipe.views_seed)


def training_batches(
    recipe: Recipe,
    inputs: Numbered,
    labels: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float32],
    epoch: int,
    soft_labels: SoftLabels | None = None,
) -> Any:
    """The batches of one epoch, shuffled.

    Args:
        recipe: its seed, batch size, views and oversampling.
        inputs: of the training part.
        labels: int64 (N,), of the training part.
        weights: float32 (K,), of each class in the loss.
        epoch: counted from 0.
        soft_labels: the teachers' answers to the views, where the recipe distils.

    Returns:
        What `keras.Model.fit` takes: inputs float32, pictures (B, side, side, 3) in 0..1 or features (B, D); targets
        float32 (B, K); weights float32 (B,). A mixed picture weighs what its classes weigh. With soft labels the
        targets are (B, 2K): the teachers' logits follow. What does not fill a batch is left out.
    """
    views = soft_labels.views if soft_labels else recipe.fit.views
    view = epoch % views if views else epoch

    def read(rows: Rows) -> Batch:
        values, targets = inputs.make(rows, view)
        if soft_labels:
            targets = np.hstack([targets, soft_labels.logits(view, rows)])
        return network_input(values, recipe.preprocess), targets, targets[:, : len(weights)] @ weights

    return batches(read, epoch_order(recipe, labels, epoch), recipe.fit.batch_size)


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

    def batch(step: int) -> Batch:
        return read(order[step * size : (step + 1) * size])

    steps = len(order) // size
    return _tf_data(batch, steps) if backend.name() == "tensorflow" else Batches(batch, steps)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """The batches for JAX and PyTorch, made ahead on threads. TensorFlow has its own way, which copies less."""

    def __init__(self, batch: Callable[[int], Batch], steps: int) -> None:
        super().__init__(workers=os.cpu_count() or 1, max_queue_size=2 * (os.cpu_count() or 1))
        self._batch = batch
        self._steps = steps

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Batch:
        return self._batch(step)


def _tf_data(batch: Callable[[int], Batch], steps: int) -> Any:
    # Here, since this module is also imported where there is no TensorFlow.
    import tensorflow as tf

    shapes = [part.shape for part in batch(0)]

    def shaped(step: Any) -> Any:
        parts = tf.numpy_function(lambda number: batch(int(number)), [step], [tf.float32, tf.float32, tf.float32])
        return tuple(tf.ensure_shape(part, shape) for part, shape in zip(parts, shapes, strict=True))

    options = tf.data.Options()
    # The autotuner sleeps twice as long after each of its rounds, and the end of an epoch waits for it: 10 to 20 s.
    options.autotune.enabled = False
    numbers = tf.data.Dataset.range(steps)
    return numbers.map(shaped, num_parallel_calls=WORKERS).prefetch(WORKERS).with_options(options)
