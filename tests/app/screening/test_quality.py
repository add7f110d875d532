"""The gate and the warnings, on made-up limits and on the shipped ones."""

import io
import time
from typing import Any

import cv2
import numpy as np
import pytest

from app.screening.gate import QualityGate, Region, WarningLimit, compressed
from app.screening.preprocess import PreprocessSpec, working_image
from app.screening.quality import WARNINGS, assess_quality
from app.screening.screener import Screener
from app.screening.signs import SIGNS
from app.screening.synthetic import draw_accepted, draw_lesion
from app.screening.words import N_
from tests.helpers.uploads import accepted_seed, encoded, lesion, png_lesion, unlike_a_lesion

FEATURES = np.array([4.0, 9.0], np.float32)
GREY = np.full((100, 120, 3), 100, np.uint8)


def gate(*warnings: WarningLimit, features_limit: float = 1.0, brightness_limit: float = 10.0) -> QualityGate:
    """Distance of the brightness from 90, and of the features' roots from (2, 3)."""
    return QualityGate(
        ("brightness",),
        Region(np.array([90.0]), np.eye(1), brightness_limit),
        Region(np.array([2.0, 3.0]), np.eye(2), features_limit),
        warnings,
    )


def assess(found: QualityGate | None, features: np.ndarray = FEATURES) -> Any:
    return assess_quality(GREY, working_image(GREY, PreprocessSpec()), features, found)


def test_without_a_gate_nothing_is_known() -> None:
    assert assess(None) is None


def test_unlikeness_is_the_larger_distance_in_units_of_its_limit() -> None:
    assert assess(gate()).unlikeness == pytest.approx(1.0)  # brightness 100 is 10 from 90
    assert assess(gate(brightness_limit=40)).unlikeness == pytest.approx(0.25)
    moved = np.array([16.0, 9.0], np.float32)  # roots (4, 3): 2 from (2, 3)
    assert assess(gate(brightness_limit=40), moved).unlikeness == pytest.approx(2.0)
    assert assess(gate(brightness_limit=40, features_limit=8), moved).unlikeness == pytest.approx(0.25)


def test_the_limit_itself_is_assessed_and_what_exceeds_it_is_not() -> None:
    at = assess(gate())
    assert (at.assessable, at.ok, at.warnings) == (True, True, ())
    over = assess(gate(brightness_limit=9.99))
    assert not over.assessable
    assert not over.ok
    assert [warning.code for warning in over.warnings] == ["unlike_training"]


def test_features_that_are_no_numbers_are_refused() -> None:
    assert not assess(gate(), np.array([np.nan, 1.0], np.float32)).assessable


def test_a_warning_refuses_nothing_and_the_one_that_refuses_comes_first() -> None:
    limits = (
        WarningLimit("too_bright", "brightness", above=99),
        WarningLimit("small_picture", "shorter_side", below=101),
    )
    found = assess(gate(*limits))
    assert found.assessable
    assert not found.ok
    assert [warning.code for warning in found.warnings] == ["too_bright", "small_picture"]
    found = assess(gate(*limits, brightness_limit=1))
    assert [warning.code for warning in found.warnings] == ["unlike_training", "too_bright", "small_picture"]
    exact = (
        WarningLimit("too_bright", "brightness", above=100),
        WarningLimit("small_picture", "shorter_side", below=100),
    )
    assert assess(gate(*exact)).ok


def test_every_warning_is_a_sentence_and_an_advice_without_values() -> None:
    assert set(WARNINGS) == {
        "unlike_training", "blurred", "too_dark", "too_bright", "low_contrast", "cut_off", "small_picture",
    }  # fmt: skip
    for code, warning in WARNINGS.items():
        assert warning.code == code
        assert not warning.title.endswith(".")
        assert warning.advice.endswith(".")
        assert not any(letter in "0123456789%{" for letter in warning.title + warning.advice)
        assert N_(warning.title) is warning.title


def test_the_gate_computes_in_the_one_thread_that_asks() -> None:
    side = 128
    region = Region(np.zeros(side), np.eye(side), 1.0)
    values = np.full(side, 0.5)
    time.sleep(0.1)  # for what others left running
    own, all_of_them = time.thread_time(), time.process_time()
    for _ in range(100):
        assert region.unlikeness(values) == pytest.approx(0.5 * np.sqrt(side))
        time.sleep(0.002)
    own, all_of_them = time.thread_time() - own, time.process_time() - all_of_them
    # OpenBLAS' threads, where there is more than one core, spin for milliseconds after each product.
    assert all_of_them < own + 0.05


def test_roots_keep_the_sign() -> None:
    assert compressed(np.array([9.0, -4.0, 0.0], np.float32)).tolist() == [3, -2, 0]


def entry(**changes: Any) -> dict[str, Any]:
    made = {"signs": {"names": ["brightness"], "limit": 2.0}, "features": {"limit": 3.0}, "warnings": []}
    return {**made, **changes}


def arrays(**changes: np.ndarray) -> bytes:
    made = {
        "signs_mean": np.zeros(1), "signs_whitening": np.eye(1), "features_mean": np.zeros(2),
        "features_whitening": np.eye(2),
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez(buffer, **{**made, **changes})
    return buffer.getvalue()


def test_a_gate_is_read_from_its_manifest_and_file() -> None:
    read = QualityGate.from_manifest(
        entry(warnings=[{"code": "blurred", "sign": "detail_1", "below": -0.1}]), arrays(), 2
    )
    assert (read.signs.limit, read.features.limit) == (2, 3)
    assert read.warnings == (WarningLimit("blurred", "detail_1", below=-0.1),)
    signs = np.zeros(len(SIGNS))
    assert read.unlikeness(signs, np.array([36.0, 0.0], np.float32)) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("changes", "content", "message"),
    [
        ({"signs": {"names": ["smell"], "limit": 1.0}}, arrays(), "does not measure: .*smell"),
        ({"warnings": [{"code": "blurred", "sign": "smell", "below": 1}]}, arrays(), "does not measure: .*smell"),
        ({"signs": {"names": ["brightness"], "limit": 0.0}}, arrays(), "a limit above 0"),
        ({}, arrays(features_mean=np.full(2, np.inf)), "is finite"),
        ({}, arrays(features_whitening=np.eye(3)), "a mean .* and a whitening"),
        ({}, arrays(features_mean=np.zeros(3), features_whitening=np.eye(3)), "not for 1 signs and 2 features"),
        ({}, b"no archive", "holds no arrays"),
    ],
)
def test_a_gate_that_makes_no_sense_is_refused(changes: dict[str, Any], content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        QualityGate.from_manifest(entry(**changes), content, 2)


def test_no_object_is_ever_unpickled() -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        QualityGate.from_manifest(entry(), arrays(signs_mean=np.array([{}], dtype=object)), 2)


# The shipped bundle.


def test_what_is_no_lesion_is_refused_without_any_class(screener: Screener) -> None:
    for kind, picture in unlike_a_lesion().items():
        screening = screener.screen(encoded(picture, "PNG"))
        assert screening.assessment == "cannot_assess", kind
        assert (screening.prediction, screening.confidence, screening.p_malignant) == (None, None, None)
        assert screening.classes == ()
        assert screening.quality is not None
        assert screening.quality.unlikeness is not None
        assert screening.quality.unlikeness > 1
        assert screening.quality.warnings[0].code == "unlike_training"
        # What the model gave is still there, for evaluation.
        assert screening.raw_probabilities.sum() == pytest.approx(1, abs=1e-3)


def test_most_drawn_lesions_are_assessed(screener: Screener) -> None:
    accepted = [screener.screen_image(draw_lesion(seed)).assessment != "cannot_assess" for seed in range(30)]
    assert sum(accepted) >= 24


def test_a_drawn_lesion_that_is_assessed_can_be_found(screener: Screener) -> None:
    seed = draw_accepted(lambda drawn: screener.screen_image(drawn).assessment != "cannot_assess", 5)
    assert seed >= 5
    assert screener.screen_image(draw_lesion(seed)).classes
    with pytest.raises(ValueError, match="none of 64 drawn lesions from seed 1 on"):
        draw_accepted(lambda _: False)


def test_the_drawn_lesion_of_the_tests_is_assessed(screener: Screener) -> None:
    assert screener.screen(png_lesion(accepted_seed(screener))).classes
    assert screener.screen(png_lesion()).classes


def test_a_blurred_lesion_is_warned_of(screener: Screener) -> None:
    blurred = cv2.GaussianBlur(np.asarray(lesion(height=224, width=224)), (0, 0), 6)
    quality = screener.screen_image(blurred).quality
    assert quality is not None
    assert "blurred" in {warning.code for warning in quality.warnings}


def test_a_lesion_in_the_dark_is_warned_of(screener: Screener) -> None:
    dark = np.asarray(lesion(height=224, width=224)) // 3
    quality = screener.screen_image(dark.astype(np.uint8)).quality
    assert quality is not None
    assert "too_dark" in {warning.code for warning in quality.warnings}


def test_a_large_photo_is_judged_as_fast_as_a_small_one(screener: Screener) -> None:
    photo = np.asarray(lesion(height=3000, width=4000))
    times = [screener.screen_image(photo).timings_ms["quality"] for _ in range(5)]
    assert min(times) < 30
