"""Frozen backbones: their features are computed once, and the head that learnt from them is put behind them again."""

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from training.augment import AugmentSpec
from training.banks import IDENTITY
from training.datasets.cache import PreprocessedImages
from training.datasets.manifests import SplitIdentity
from training.datasets.parts import LabelledImages, TrainingData
from training.datasets.schemes import ISLAM2024
from training.errors import TrainingError
from training.features import EXTRACTOR, Extractor, Features, Plain
from training.fit import fit
from training.models import classifier
from training.models.classifier import Classifier
from training.models.fusion_map import with_fused_activation_map
from training.models.heads import FUSION_HEAD_NAME
from training.models.networks import network
from training.pipeline import picture_views
from training.recipe import Recipe, load_recipe
from training.run_folder import RunFolder
from training.specs import FUSION, NetworkSpec
from training.trained import load_trained

RANDOM = np.random.default_rng(3)
SIDE = 32


def part(count: int, digest: str) -> LabelledImages:
    pixels = RANDOM.integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
    return LabelledImages(PreprocessedImages(pixels, tuple(map(str, range(count))), digest), np.arange(count) % 2)


DATA = TrainingData(part(24, "training"), part(10, "validation"), SplitIdentity("data", "split"))


@pytest.fixture
def recipe() -> Recipe:
    """A frozen backbone from random, two views, four epochs."""
    small = load_recipe("islam2024_small_teacher").smoke()
    return replace(
        small,
        preprocess=replace(small.preprocess, working_size=SIDE, output_size=SIDE),
        network=NetworkSpec(name="vit_smoke", weights="random", frozen=True, head_units=8, dropout=0.2),
        augment=AugmentSpec(quarter_turns=True),
        fit=replace(small.fit, cycles=(4,), views=2, patience=0, batch_size=8),
    )


def test_a_head_learns_from_kept_features_and_ends_behind_its_backbones(recipe: Recipe, tmp_path: Path) -> None:
    run = tmp_path / "run"
    weights = fit(recipe, ISLAM2024, DATA, run)
    assert len(RunFolder(run).history()) == 4
    whole, head = load_trained(recipe, weights), keras.models.load_model(weights, compile=False)
    assert whole.input_shape == (None, SIDE, SIDE, 3)
    extractor = Extractor(recipe, run)
    views = picture_views(recipe, DATA.train, 2)
    rows = np.arange(24)
    bank = extractor.bank(recipe, DATA.train, views, 2, tmp_path / "features")
    for view in (0, 1):
        pictures = views.make(rows, view)[0].astype(np.float32) / 255
        expected = whole.predict(pictures, verbose=0)
        assert head.predict(bank[view].astype(np.float32), verbose=0) == pytest.approx(expected, abs=0.02)
    assert not np.array_equal(bank[0], bank[1])
    keras.mixed_precision.set_dtype_policy("float32")
    shipped = network(recipe.network.name).plain(recipe.network, whole)
    probabilities = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    assert shipped.predict(pictures, verbose=0) == pytest.approx(probabilities, abs=1e-4)


def test_features_are_computed_once_for_all_recipes_that_share_their_views(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(recipe, ISLAM2024, DATA, tmp_path / "run")
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "features").rglob("*.npy")}
    assert len(kept) == 3  # two views of the training part, one of validation
    asked = []
    monkeypatch.setattr(Extractor, "__call__", lambda *_: asked.append(1))
    extractor = Extractor(recipe, tmp_path / "run")
    longer = replace(recipe, name="student", fit=replace(recipe.fit, cycles=(9,)))
    extractor.bank(longer, DATA.train, picture_views(longer, DATA.train, 2), 2, tmp_path / "features")
    assert not asked
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "features").rglob("*.npy")} == kept


@pytest.mark.parametrize("change", [{"seed": 5}, {"augment": AugmentSpec(brightness=0.1)}])
def test_features_of_other_views_are_other_features(recipe: Recipe, tmp_path: Path, change: dict[str, object]) -> None:
    fit(recipe, ISLAM2024, DATA, tmp_path / "run")
    shutil.rmtree(tmp_path / "features")
    extractor = Extractor(recipe, tmp_path / "run")
    other = replace(recipe, **change)
    for one in (recipe, other):
        extractor.bank(one, DATA.train, picture_views(one, DATA.train, 2), 1, tmp_path / "features")
    extractor.bank(recipe, DATA.validation, Plain(DATA.validation.images.pixels), 1, tmp_path / "features")
    assert len(list((tmp_path / "features").rglob(IDENTITY))) == 3


def test_a_run_that_was_cut_before_its_first_epoch_comes_to_the_very_same_head(recipe: Recipe, tmp_path: Path) -> None:
    whole = keras.models.load_model(fit(recipe, ISLAM2024, DATA, tmp_path / "whole"), compile=False)
    cut = tmp_path / "cut"
    fit(recipe, ISLAM2024, DATA, cut)
    for path in (*cut.glob("checkpoint-*"), cut / "history.csv"):
        path.unlink()
    again = keras.models.load_model(fit(recipe, ISLAM2024, DATA, cut), compile=False)
    assert all(np.array_equal(*pair) for pair in zip(whole.get_weights(), again.get_weights(), strict=True))


def test_backbones_that_are_gone_are_never_built_anew_behind_a_trained_head(recipe: Recipe, tmp_path: Path) -> None:
    fit(recipe, ISLAM2024, DATA, tmp_path / "run")
    (tmp_path / "run" / EXTRACTOR).unlink()
    with pytest.raises(TrainingError, match=r"extractor.keras is gone.*remove .* and train again"):
        Extractor(recipe, tmp_path / "run")
    with pytest.raises(TrainingError, match="is gone"):
        fit(recipe, ISLAM2024, DATA, tmp_path / "run")


def test_rows_of_features_are_those_asked_for() -> None:
    bank = np.arange(12, dtype=np.float16).reshape(2, 3, 2)
    features, targets = Features(bank, np.eye(3, dtype=np.float32)).make(np.array([2, 0]), 1)
    assert features.tolist() == [[10, 11], [6, 7]]
    assert targets.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_the_map_of_a_fusion_is_the_gradient_of_the_malignant_score_times_each_map() -> None:
    spec = NetworkSpec(name=FUSION, streams=(("conv_smoke",), ("vit_smoke",)), weights="random")
    trained = Classifier(spec, SIDE).whole(3)
    malignant = (True, False, False)
    plain = network(FUSION).plain(spec, trained)
    shipped = with_fused_activation_map(plain, malignant)
    pictures = RANDOM.random((2, SIDE, SIDE, 3), np.float32)
    answers = shipped.predict(pictures, verbose=0)
    assert answers["probabilities"] == pytest.approx(plain.predict(pictures, verbose=0), abs=1e-5)
    pool = plain.get_layer("features_conv_smoke")
    upto = keras.Model(plain.input, [pool.input, plain.get_layer("features").output])
    grid, vector = (tf.convert_to_tensor(part) for part in upto.predict(pictures, verbose=0))
    with tf.GradientTape() as tape:
        tape.watch(vector)
        logits = plain.get_layer(FUSION_HEAD_NAME)(vector)
        score = logits[:, 0] - tf.reduce_logsumexp(logits[:, 1:], axis=1)
    slope = tape.gradient(score, vector)[:, :32]
    expected = tf.einsum("nhwc,nc->nhw", grid, slope).numpy()
    assert np.abs(expected).max() > 1e-3
    assert answers["map"] == pytest.approx(expected, abs=1e-4)
    assert answers["features"] == pytest.approx(vector.numpy(), abs=1e-5)


def test_the_two_streams_of_a_fusion_get_the_features_of_their_backbones() -> None:
    spec = NetworkSpec(name=FUSION, streams=(("conv_smoke",), ("vit_smoke",)), weights="random")
    built = Classifier(spec, SIDE)
    assert built.backbones == ("conv_smoke", "vit_smoke")
    extractor = built.extractor()
    assert [output.shape[-1] for output in extractor.outputs] == [32, 32]
    head = built.head([32, 32], 2)
    whole = classifier.joined(extractor, head, "fusion")
    pictures = RANDOM.random((3, SIDE, SIDE, 3), np.float32)
    features = np.hstack(extractor.predict(pictures, verbose=0))
    assert whole.predict(pictures, verbose=0) == pytest.approx(head.predict(features, verbose=0), abs=1e-5)
    # Squeeze-and-excitation weighs the channels of the first stream alone.
    assert head.get_layer("excitation").output.shape[-1] == extractor.outputs[0].shape[-1]
