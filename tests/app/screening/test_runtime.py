"""The interpreter: right input, right output, right thread."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.screening.bundle import load_bundle
from app.screening.preprocess import preprocess
from app.screening.runtime import (
    BACKENDS,
    FEATURES,
    MAP,
    PROBABILITIES,
    Answer,
    ModelRejected,
    TFLiteModel,
    installed_backends,
)
from app.screening.screener import Screener
from app.screening.synthetic import draw_lesion


@pytest.fixture(scope="module")
def content(bundle_folder: Path) -> bytes:
    return load_bundle(bundle_folder).model


@pytest.fixture(scope="module")
def outputs(bundle_folder: Path) -> Mapping[str, tuple[int, ...]]:
    return load_bundle(bundle_folder).outputs


@pytest.fixture(scope="module")
def side(bundle_folder: Path) -> int:
    return load_bundle(bundle_folder).preprocess.output_size


@pytest.fixture(scope="module")
def model(content: bytes, side: int, outputs: Mapping[str, tuple[int, ...]]) -> TFLiteModel:
    return TFLiteModel(content, input_side=side, outputs=outputs)


@pytest.fixture(scope="module")
def pictures(screener: Screener) -> list[np.ndarray]:
    return [preprocess(draw_lesion(seed), screener.bundle.preprocess) for seed in range(24)]


def arrays(answer: Answer) -> tuple[np.ndarray, ...]:
    return answer.probabilities, answer.features, answer.activation_map


def shapes(answer: Answer) -> dict[str, tuple[int, ...]]:
    return {
        PROBABILITIES: answer.probabilities.shape,
        FEATURES: answer.features.shape,
        MAP: answer.activation_map.shape,
    }


def test_the_outputs_are_what_their_names_say(model: TFLiteModel, side: int, pictures: list[np.ndarray]) -> None:
    answer = model(pictures[0])
    assert shapes(answer) == {PROBABILITIES: (7,), FEATURES: (128,), MAP: (side // 16, side // 16)}
    assert {values.dtype for values in arrays(answer)} == {np.dtype(np.float32)}
    assert answer.probabilities.sum() == pytest.approx(1, abs=1e-3)
    # Pooled from what a ReLU gave; the map has both signs.
    assert answer.features.min() >= 0
    assert answer.features.max() > 0
    assert min(model(picture).activation_map.min() for picture in pictures) < 0
    assert max(model(picture).activation_map.max() for picture in pictures) > 0


def test_both_runtimes_agree_where_both_are_installed(
    content: bytes, side: int, outputs: Mapping[str, tuple[int, ...]], pictures: list[np.ndarray]
) -> None:
    if len(installed_backends()) < len(BACKENDS):
        pytest.skip(f"only {installed_backends()} is installed here; tflite-runtime ends at Python 3.11")
    first, second = (TFLiteModel(content, input_side=side, outputs=outputs, backend=name) for name in BACKENDS)
    for picture in pictures:
        assert np.abs(first(picture).probabilities - second(picture).probabilities).max() <= 1e-5
        for one, other in zip(arrays(first(picture)), arrays(second(picture)), strict=True):
            assert one == pytest.approx(other, rel=1e-3, abs=1e-4)


def test_threads_get_the_very_answers_of_a_single_one(model: TFLiteModel, pictures: list[np.ndarray]) -> None:
    alone = [model(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(model, pictures * 6))
    for row, answer in enumerate(together):
        for one, other in zip(arrays(answer), arrays(alone[row % len(pictures)]), strict=True):
            assert np.array_equal(one, other)


def test_an_answer_is_a_copy(model: TFLiteModel, pictures: list[np.ndarray]) -> None:
    first = arrays(model(pictures[0]))
    kept = [values.copy() for values in first]
    model(pictures[1])
    assert all(np.array_equal(one, other) for one, other in zip(first, kept, strict=True))


@pytest.mark.parametrize(
    ("shape", "dtype"), [("side side 3", np.float64), ("1 side side 3", np.float32), ("100 100 3", np.float32)]
)
def test_a_picture_of_another_shape_or_dtype_is_refused(
    model: TFLiteModel, side: int, shape: str, dtype: type[np.floating]
) -> None:
    sizes = [side if word == "side" else int(word) for word in shape.split()]
    with pytest.raises(ValueError, match="the model takes float32"):
        model(np.zeros(sizes, dtype))


def test_an_output_that_is_not_finite_is_refused(model: TFLiteModel, side: int) -> None:
    with pytest.raises(ModelRejected, match=r"output '.*' is not finite"):
        model(np.full((side, side, 3), np.nan, np.float32))


def test_a_model_that_gives_no_probabilities_is_refused(
    content: bytes, side: int, outputs: Mapping[str, tuple[int, ...]], pictures: list[np.ndarray]
) -> None:
    model = TFLiteModel(content, input_side=side, outputs=outputs)
    model._indices[PROBABILITIES] = model._indices[FEATURES]
    with pytest.raises(ModelRejected, match="not a probability distribution"):
        model(pictures[0])


@pytest.mark.parametrize(
    "change", [{MAP: (1, 7, 7)}, {FEATURES: (1, 64)}, {PROBABILITIES: (1, 2)}, {"other": (1, 7)}], ids=str
)
def test_a_model_with_other_outputs_than_expected_is_refused(
    content: bytes, side: int, outputs: Mapping[str, tuple[int, ...]], change: dict[str, tuple[int, ...]]
) -> None:
    takes, maps = rf"\(1, {side}, {side}, 3\)", rf"\(1, {side // 16}, {side // 16}\)"
    with pytest.raises(ModelRejected, match=f"the model maps {takes} to .*'map': {maps}.*expected"):
        TFLiteModel(content, input_side=side, outputs={**outputs, **change})


def test_a_machine_without_a_runtime_says_what_to_install(
    content: bytes, side: int, outputs: Mapping[str, tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.screening.runtime.installed_backends", list)
    with pytest.raises(ModelRejected, match=r"pip install -r requirements\.txt"):
        TFLiteModel(content, input_side=side, outputs=outputs)
