"""From bytes to an answer."""

import numpy as np
import pytest

from app.screening.errors import EmptyUpload
from app.screening.screener import Screener
from app.screening.synthetic import draw_lesion
from tests.helpers.uploads import encoded, lesion, png_lesion


def test_an_answer_holds_together(screener: Screener) -> None:
    screening = screener.screen(png_lesion())
    classes = screening.classes
    assert sum(entry.probability for entry in classes) == pytest.approx(1)
    assert sum(entry.probability for entry in classes if entry.label.malignant) == pytest.approx(screening.p_malignant)
    assert [entry.probability for entry in classes] == sorted((entry.probability for entry in classes), reverse=True)
    assert screening.confidence == pytest.approx(max(screening.p_malignant, 1 - screening.p_malignant))
    assert screening.prediction == ("malignant" if screening.p_malignant >= 0.5 else "benign")
    assert set(screening.timings_ms) == {"decode", "preprocess", "inference"}
    assert screening.image.shape == (150, 200, 3)
    outputs = screener.bundle.outputs
    assert (1, *screening.features.shape) == outputs["features"]
    assert (1, *screening.activation_map.shape) == outputs["map"]


def test_the_assessment_follows_the_operating_point(screener: Screener) -> None:
    point = screener.bundle.operating_point
    assert point is not None
    for seed in range(8):
        screening = screener.screen(png_lesion(seed))
        assert screening.assessment == ("refer" if screening.p_malignant >= point.threshold else "low_risk")


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
