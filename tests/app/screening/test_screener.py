"""From bytes to an answer."""

from dataclasses import replace

import numpy as np
import pytest

from app.screening.errors import EmptyUpload
from app.screening.screener import Screener
from app.screening.synthetic import draw_lesion
from tests.helpers.uploads import accepted_seed, encoded, lesion, png_lesion, unlike_a_lesion


def test_an_answer_holds_together(screener: Screener) -> None:
    screening = screener.screen(png_lesion())
    classes = screening.classes
    assert screening.p_malignant is not None
    assert screening.quality is not None
    assert screening.quality.assessable
    assert sum(entry.probability for entry in classes) == pytest.approx(1)
    assert sum(entry.probability for entry in classes if entry.label.malignant) == pytest.approx(screening.p_malignant)
    assert [entry.probability for entry in classes] == sorted((entry.probability for entry in classes), reverse=True)
    assert screening.confidence == pytest.approx(max(screening.p_malignant, 1 - screening.p_malignant))
    assert screening.prediction == ("malignant" if screening.p_malignant >= 0.5 else "benign")
    assert set(screening.timings_ms) == {"decode", "preprocess", "inference", "quality"}
    assert screening.image.shape == (150, 200, 3)
    outputs = screener.bundle.outputs
    assert (1, *screening.features.shape) == outputs["features"]
    assert (1, *screening.activation_map.shape) == outputs["map"]


def test_the_assessment_follows_the_operating_point(screener: Screener) -> None:
    point = screener.bundle.operating_point
    assert point is not None
    for first in range(1, 80, 10):
        screening = screener.screen(png_lesion(accepted_seed(screener, first)))
        assert screening.p_malignant is not None
        assert screening.assessment == ("refer" if screening.p_malignant >= point.threshold else "low_risk")


def test_the_gate_changes_nothing_but_who_is_answered(screener: Screener) -> None:
    without = Screener(replace(screener.bundle, gate=None))
    for upload in (png_lesion(), encoded(unlike_a_lesion()["noise"], "PNG")):
        gated, free = screener.screen(upload), without.screen(upload)
        assert free.quality is None
        assert free.prediction in {"benign", "malignant"}
        assert np.array_equal(gated.raw_probabilities, free.raw_probabilities)
        assert np.array_equal(gated.activation_map, free.activation_map)
        if gated.assessment != "cannot_assess":
            assert (gated.p_malignant, gated.classes) == (free.p_malignant, free.classes)


def test_parity_is_checked_whatever_the_gate_says(screener: Screener) -> None:
    gate = screener.bundle.gate
    assert gate is not None
    strict = replace(gate, signs=replace(gate.signs, limit=1e-9))
    refusing = Screener(replace(screener.bundle, gate=strict))
    assert refusing.screen(png_lesion()).assessment == "cannot_assess"
    refusing.check_parity()


def test_the_container_of_the_same_pixels_makes_no_difference(screener: Screener) -> None:
    answers = [screener.screen(encoded(lesion(), name)).raw_probabilities for name in ("PNG", "BMP", "TIFF")]
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2])


def test_a_refused_upload_raises_and_answers_nothing(screener: Screener) -> None:
    with pytest.raises(EmptyUpload):
        screener.screen(b"")


def test_drawn_lesions_are_the_same_for_the_same_seed_and_differ_otherwise() -> None:
    assert np.array_equal(draw_lesion(1), draw_lesion(1))
    assert not np.array_equal(draw_lesion(1), draw_lesion(2))
    assert draw_lesion(3, 100, 130).shape == (100, 130, 3)
