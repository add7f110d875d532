"""The interpreter: right input, right output, right thread."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.screening.bundle import load_bundle
from app.screening.preprocess import preprocess
from app.screening.runtime import BACKENDS, ModelRejected, TFLiteModel, installed_backends
from app.screening.screener import Screener
from app.screening.synthetic import draw_lesion


@pytest.fixture(scope="module")
def content(bundle_folder: Path) -> bytes:
    return load_bundle(bundle_folder).model


@pytest.fixture(scope="module")
def pictures(screener: Screener) -> list[np.ndarray]:
    return [preprocess(draw_lesion(seed), screener.bundle.preprocess) for seed in range(24)]


def test_the_output_is_a_distribution_over_the_classes(content: bytes, pictures: list[np.ndarray]) -> None:
    probabilities = TFLiteModel(content, input_side=224, classes=7)(pictures[0])
    assert probabilities.shape == (7,)
    assert probabilities.dtype == np.float32
    assert probabilities.sum() == pytest.approx(1, abs=1e-3)


def test_both_runtimes_agree_where_both_are_installed(content: bytes, pictures: list[np.ndarray]) -> None:
    if len(installed_backends()) < len(BACKENDS):
        pytest.skip(f"only {installed_backends()} is installed here; tflite-runtime ends at Python 3.11")
    first, second = (TFLiteModel(content, input_side=224, classes=7, backend=name) for name in BACKENDS)
    for picture in pictures:
        assert np.abs(first(picture) - second(picture)).max() <= 1e-5


def test_threads_get_the_very_answers_of_a_single_one(content: bytes, pictures: list[np.ndarray]) -> None:
    model = TFLiteModel(content, input_side=224, classes=7)
    alone = [model(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(model, pictures * 6))
    for row, answer in enumerate(together):
        assert np.array_equal(answer, alone[row % len(pictures)])


def test_an_answer_is_a_copy(content: bytes, pictures: list[np.ndarray]) -> None:
    model = TFLiteModel(content, input_side=224, classes=7)
    first = model(pictures[0])
    kept = first.copy()
    model(pictures[1])
    assert np.array_equal(first, kept)


@pytest.mark.parametrize(
    "picture", [np.zeros((224, 224, 3)), np.zeros((1, 224, 224, 3), np.float32), np.zeros((100, 100, 3), np.float32)]
)
def test_a_picture_of_another_shape_or_dtype_is_refused(content: bytes, picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="the model takes float32"):
        TFLiteModel(content, input_side=224, classes=7)(picture)


def test_a_model_that_gives_no_probabilities_is_refused(content: bytes) -> None:
    model = TFLiteModel(content, input_side=224, classes=7)
    with pytest.raises(ModelRejected, match="not a probability distribution"):
        model(np.full((224, 224, 3), np.nan, np.float32))


def test_a_machine_without_a_runtime_says_what_to_install(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.screening.runtime.installed_backends", list)
    with pytest.raises(ModelRejected, match=r"pip install -r requirements\.txt"):
        TFLiteModel(content, input_side=224, classes=7)
