"""The input pipeline: what comes out of it, from which part, and what is measured about it."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.screening.preprocess import preprocess
from training import backend
from training.augment import AugmentSpec
from training.datasets import cache, ham10000
from training.datasets.cache import PreprocessedImages, network_input, preprocessed
from training.datasets.images import read_image
from training.datasets.parts import LabelledImages
from training.memory import PeakMemory
from training.pipeline import Batch, batches, picture_views, training_batches
from training.pipeline_speed import measure_pipeline
from training.recipe import Recipe, load_recipe
from training.soft_labels import SoftLabels, from_bank
from training.views import Views

RANDOM = np.random.default_rng(1)
PART = LabelledImages(
    PreprocessedImages(RANDOM.integers(0, 256, (10, 8, 8, 3), dtype=np.uint8), tuple("abcdefghij"), "digest"),
    np.arange(10, dtype=np.int64) % 3,
)
WEIGHTS = np.array([0.5, 1.0, 2.0], np.float32)
RECIPE = load_recipe("three_block_ham10000")


def batches_of(recipe: Recipe, part: LabelledImages, epoch: int, soft_labels: SoftLabels | None = None) -> Any:
    return training_batches(recipe, picture_views(recipe, part, 3), part.labels, WEIGHTS, epoch, soft_labels)


def read_plainly(rows: np.ndarray) -> Batch:
    return (
        network_input(PART.images.pixels[rows], RECIPE.preprocess),
        np.eye(3, dtype=np.float32)[PART.labels[rows]],
        WEIGHTS[PART.labels[rows]],
    )


def test_batches_are_what_was_read_in_the_order_asked_for_over_255() -> None:
    first, second = batches(read_plainly, np.array([3, 1, 2, 9, 0]), 2)
    assert np.array_equal(first[0], PART.images.pixels[[3, 1]].astype(np.float32) / np.float32(255))
    assert np.array_equal(first[1], [[1, 0, 0], [0, 1, 0]])
    assert np.array_equal(first[2], [0.5, 1.0])
    assert np.array_equal(second[0], PART.images.pixels[[2, 9]].astype(np.float32) / np.float32(255))


def test_other_backends_read_the_very_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    order = np.array([3, 1, 2, 9, 0])
    expected = [[part.numpy() for part in batch] for batch in batches(read_plainly, order, 2)]
    monkeypatch.setattr(backend, "name", lambda: "jax")
    dataset = batches(read_plainly, order, 2)
    assert len(dataset) == len(expected) == 2
    for step, batch in enumerate(expected):
        assert all(np.array_equal(one, other) for one, other in zip(batch, dataset[step], strict=True))


def test_a_fixed_number_of_views_comes_round_again() -> None:
    fit = replace(RECIPE.fit, batch_size=10, views=2)
    recipe = replace(RECIPE, augment=AugmentSpec(brightness=0.3), fit=fit)
    seen = [
        {picture.tobytes() for picture in next(iter(batches_of(recipe, PART, epoch)))[0].numpy()} for epoch in range(3)
    ]
    assert seen[0] == seen[2]
    assert seen[0] != seen[1]


def test_an_epoch_has_every_image_once_in_an_order_of_its_own() -> None:
    fit = replace(RECIPE.fit, batch_size=5)
    recipe = replace(RECIPE, augment=AugmentSpec(), fit=fit)

    def read(epoch: int) -> np.ndarray:
        return np.concatenate([pictures for pictures, _, _ in batches_of(recipe, PART, epoch)])

    first, again, other = read(0), read(0), read(1)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    levels = {picture.tobytes() for picture in np.rint(other * 255).astype(np.uint8)}
    assert levels == {picture.tobytes() for picture in PART.images.pixels}


def test_without_the_rescale_stage_the_network_is_given_whole_grey_levels(drawn_root: Path, tmp_path: Path) -> None:
    off = replace(RECIPE.preprocess, working_size=16, output_size=16, stages=("closing", "resize"))
    recipe = replace(RECIPE, preprocess=off, augment=AugmentSpec(), fit=replace(RECIPE.fit, batch_size=5))
    records = ham10000.read(drawn_root).records[:5]
    kept = preprocessed(records, off, tmp_path)
    expected = np.stack([preprocess(read_image(record.image_path), off) for record in records])
    assert expected.max() > 1
    assert np.array_equal(network_input(kept.pixels, off), expected)
    part = LabelledImages(kept, PART.labels[:5])
    ((pictures, _, _),) = batches_of(recipe, part, 0)
    assert sorted(picture.numpy().tobytes() for picture in pictures) == sorted(each.tobytes() for each in expected)


def test_views_have_a_seed_of_their_own_where_the_recipe_says_so() -> None:
    recipe = replace(RECIPE, augment=AugmentSpec(brightness=0.3), fit=replace(RECIPE.fit, batch_size=10))

    def seen(seed: int, view_seed: int | None) -> list[bytes]:
        ((pictures, _, _),) = batches_of(replace(recipe, seed=seed, view_seed=view_seed), PART, 0)
        return [picture.numpy().tobytes() for picture in pictures]

    first, second = seen(1, 7), seen(2, 7)
    assert first != second  # another order
    assert sorted(first) == sorted(second)
    assert sorted(first) != sorted(seen(1, None))


def test_augmentation_depends_on_epoch_and_picture() -> None:
    same = LabelledImages(
        PreprocessedImages(np.repeat(PART.images.pixels[:1], 8, axis=0), ("a",) * 8, ""), PART.labels[:8]
    )
    recipe = replace(RECIPE, augment=AugmentSpec(brightness=0.3), fit=replace(RECIPE.fit, batch_size=4))
    seen = [pictures.numpy().tobytes() for epoch in (0, 1) for pictures, _, _ in batches_of(recipe, same, epoch)]
    assert len(set(seen)) == 4


def test_a_batch_with_soft_labels_has_those_of_its_view_and_rows() -> None:
    logits = RANDOM.normal(size=(2, 10, 3)).astype(np.float16)
    recipe = replace(RECIPE, augment=AugmentSpec(quarter_turns=True), fit=replace(RECIPE.fit, batch_size=10))
    views = Views(PART.images.pixels, np.eye(3, dtype=np.float32)[PART.labels], recipe.augment, recipe.seed)
    for epoch in (0, 1, 2):
        (batch,) = batches_of(recipe, PART, epoch, SoftLabels((from_bank(logits),), 4.0, 2))
        pictures, targets, _ = (part.numpy() for part in batch)
        # The very pictures of the view that the teachers answered to.
        seen = views.make(np.arange(10), epoch % 2)[0].tolist()
        rows = [seen.index(picture.tolist()) for picture in np.rint(pictures * 255).astype(int)]
        assert sorted(rows) == list(range(10))
        assert np.array_equal(targets[:, :3].argmax(axis=1), PART.labels[rows])
        assert targets[:, 3:] == pytest.approx(logits[epoch % 2][rows].astype(np.float32), abs=1e-5)


def test_a_mixed_picture_weighs_what_its_classes_weigh() -> None:
    recipe = replace(RECIPE, augment=AugmentSpec(mixup=0.5), fit=replace(RECIPE.fit, batch_size=10))
    (batch,) = batches_of(recipe, PART, 0)
    _, targets, weights = (part.numpy() for part in batch)
    assert weights == pytest.approx(targets @ WEIGHTS)
    assert len(set(weights.round(4))) > 3


def test_speed_and_memory_are_measured_on_all_images(drawn_root: Path) -> None:
    small = replace(RECIPE.preprocess, working_size=64, output_size=64)
    measured = measure_pipeline(replace(RECIPE, preprocess=small), ham10000.read(drawn_root).records)
    assert measured["images"] == 7 * (14 + 5)
    for step in ("six_stages", "from_cache", "augmented"):
        assert measured[step]["images_per_second"] > 0
        assert measured[step]["peak_mb"] > 50


def test_the_peak_of_memory_is_seen_although_it_is_gone() -> None:
    with PeakMemory() as before:
        pass
    waited = threading.Event()
    with PeakMemory() as memory:
        block = np.ones(50_000_000, np.uint8)
        waited.wait(0.3)
        del block
    assert memory.megabytes == pytest.approx(before.megabytes + 50, abs=25)


def test_two_processes_may_fill_the_same_cache(drawn_root: Path, tmp_path: Path) -> None:
    records = ham10000.read(drawn_root).records[:3]
    expected = preprocessed(records, RECIPE.preprocess, tmp_path)
    folder = next(tmp_path.iterdir())
    # As if the other process had finished while this one was building.
    cache._build(records, RECIPE.preprocess, folder)
    assert [found.name for found in tmp_path.iterdir()] == [folder.name]
    assert np.array_equal(preprocessed(records, RECIPE.preprocess, tmp_path).pixels, expected.pixels)
    (folder / "index.json").unlink()
    with pytest.raises(OSError, match="not empty"):
        cache._build(records, RECIPE.preprocess, folder)
