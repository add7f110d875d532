"""Pretrained weights come from a source or not at all, and go in at the range that they were trained on."""

from pathlib import Path

import keras
import numpy as np
import pytest

from training import weights
from training.errors import TrainingError
from training.models.backbones import RANGES, ImageNetRange
from training.models.classifier import Classifier
from training.models.networks import NETWORKS, network
from training.specs import NetworkSpec
from training.weights import WeightsMissing, backbone

PREPROCESS = {
    "densenet169": keras.applications.densenet.preprocess_input,
    "resnet50": keras.applications.resnet.preprocess_input,
    "resnet50_conv4": keras.applications.resnet.preprocess_input,
    "resnet152_v2": keras.applications.resnet_v2.preprocess_input,
    "convnext_base": keras.applications.convnext.preprocess_input,
    "mobilenet_v2": keras.applications.mobilenet_v2.preprocess_input,
}


@pytest.mark.parametrize("name", list(PREPROCESS))
def test_each_backbone_gets_the_range_that_it_was_trained_on(name: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (1, 4, 4, 3)).astype(np.float32)
    ranged = np.asarray(ImageNetRange(RANGES[name])(picture / 255))
    assert ranged == pytest.approx(PREPROCESS[name](picture.copy()), abs=1e-3)


def test_no_source_is_an_error_that_names_the_file_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object) -> None:
        raise Exception("URL fetch failure")  # noqa: TRY002  # as keras.utils.get_file does

    monkeypatch.setenv(weights.ROOT_VARIABLE, str(tmp_path))
    monkeypatch.setattr(weights, "BACKBONES", {"densenet169": unreachable})
    with pytest.raises(WeightsMissing, match=r"densenet169_imagenet_notop.weights.h5 is not there.*--weights random"):
        backbone("densenet169", side=32, weights="imagenet")


def test_a_file_in_the_folder_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(weights.ROOT_VARIABLE, str(tmp_path))
    saved, none = backbone("mobilenet_v2", side=32, weights="random")
    assert none == frozenset()
    saved.save_weights(tmp_path / "mobilenet_v2_imagenet_notop.weights.h5")
    loaded, pretrained = backbone("mobilenet_v2", side=32, weights="imagenet")
    assert pretrained == {layer.name for layer in loaded.layers}
    for one, other in zip(saved.get_weights(), loaded.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_resnet50_up_to_its_fourth_stage_reads_the_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(weights.ROOT_VARIABLE, str(tmp_path))
    saved, _ = backbone("resnet50_conv4", side=32, weights="random")
    saved.save_weights(tmp_path / "resnet50_imagenet_to_conv4_block6_out.weights.h5")
    loaded, pretrained = backbone("resnet50_conv4", side=32, weights="imagenet")
    assert pretrained == {layer.name for layer in loaded.layers}
    assert loaded.output.shape == (None, 2, 2, 1024)
    assert all(np.array_equal(*pair) for pair in zip(saved.get_weights(), loaded.get_weights(), strict=True))


def test_every_backbone_has_a_range_and_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(RANGES) == set(weights.BACKBONES)

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(weights.importlib, "import_module", missing)
    with pytest.raises(WeightsMissing, match=r"pip install --no-deps -r requirements-keras-hub.txt"):
        backbone("vit_b32", side=224, weights="imagenet")


def test_a_partial_file_fills_the_first_layers_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(weights.ROOT_VARIABLE, str(tmp_path))
    saved, _ = backbone("mobilenet_v2", side=32, weights="random")
    part = keras.Model(saved.input, saved.get_layer("block_3_project_BN").output)
    part.save_weights(tmp_path / "mobilenet_v2_imagenet_to_block_3_project_BN.weights.h5")
    loaded, pretrained = backbone("mobilenet_v2", side=32, weights="imagenet")
    assert {"Conv1", "block_3_project_BN"} <= pretrained
    assert "Conv_1" not in pretrained

    def same(layer: str) -> bool:
        first, second = (model.get_layer(layer).get_weights()[0] for model in (saved, loaded))
        return bool(np.array_equal(first, second))

    assert same("Conv1")
    assert same("block_3_project")
    assert not same("Conv_1")


def test_the_weights_at_hand_are_those_of_imagenet(data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(weights.ROOT_VARIABLE, str(data_root / "weights"))
    kernel = backbone("densenet169", side=64, weights="imagenet")[0].get_layer("conv1_conv").get_weights()[0]
    # Trained filters are smooth: neighbours agree. Random ones do not.
    neighbours = np.corrcoef(kernel[:, :-1].ravel(), kernel[:, 1:].ravel())[0, 1]
    assert neighbours > 0.3


@pytest.mark.parametrize("frozen", [True, False])
def test_a_pretrained_backbone_keeps_its_batch_norm_and_a_frozen_one_everything(
    frozen: bool,  # noqa: FBT001
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(weights.ROOT_VARIABLE, str(tmp_path))
    backbone("mobilenet_v2", side=32, weights="random")[0].save_weights(
        tmp_path / "mobilenet_v2_imagenet_notop.weights.h5"
    )
    spec = NetworkSpec(name="mobilenet_v2", frozen=frozen)
    model = Classifier(spec, 32).whole(7)
    norm = model.get_layer("mobilenetv2_1.00_32").get_layer("Conv_1_bn")
    kernel = model.get_layer("mobilenetv2_1.00_32").get_layer("Conv_1")
    before = [np.array(weight) for weight in norm.weights]
    pictures = np.random.default_rng(1).random((8, 32, 32, 3), np.float32)
    model.compile("sgd", loss="mse")
    model.train_on_batch(pictures, np.ones((8, 7)))
    assert all(np.array_equal(old, new) for old, new in zip(before, norm.weights, strict=True))
    assert kernel.trainable is not frozen
    if frozen:
        assert [weight.shape for weight in model.trainable_weights] == [(1280, 7), (7,)]


def test_a_backbone_from_random_learns_all_of_it() -> None:
    model = Classifier(NetworkSpec(name="mobilenet_v2", weights="random"), 32).whole(7)
    norm = model.get_layer("mobilenetv2_1.00_32").get_layer("Conv_1_bn")
    before = np.array(norm.moving_mean)
    model.compile("sgd", loss="mse")
    model.train_on_batch(np.random.default_rng(1).random((8, 32, 32, 3), np.float32), np.ones((8, 7)))
    assert not np.array_equal(before, np.array(norm.moving_mean))
    assert norm.momentum == 0.99


def test_the_shipped_form_of_a_classifier_gives_the_softmax_of_its_logits() -> None:
    spec = NetworkSpec(name="mobilenet_v2", weights="random", dropout=0.5)
    trained = network("mobilenet_v2").build(spec, 32, 3)
    pictures = np.random.default_rng(1).random((2, 32, 32, 3), np.float32)
    logits = trained.predict(pictures, verbose=0)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shipped = network("mobilenet_v2").shipped(spec, trained, (True, False, False))
    assert shipped.predict(pictures, verbose=0)["probabilities"] == pytest.approx(expected, abs=1e-5)


def test_an_unknown_network_is_named_with_those_that_there_are() -> None:
    with pytest.raises(TrainingError, match=r"no network named 'vgg'; there are \['conv_smoke', 'conv"):
        network("vgg")
    assert "three_block" in NETWORKS
