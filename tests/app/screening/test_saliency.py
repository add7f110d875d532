"""What the answer rests on."""

import cv2
import numpy as np
import pytest

from app.screening.decision import OperatingPoint, Rate
from app.screening.preprocess import PreprocessSpec, preprocess_stages
from app.screening.saliency import evidence, explain, lesion_outline

SPEC = PreprocessSpec()


def disc(x: int, y: int, radius: int = 40, side: int = 224) -> np.ndarray:
    picture = np.full((side, side, 3), (222, 178, 156), np.uint8)
    cv2.circle(picture, (x, y), radius, (90, 60, 50), -1)
    return picture


def test_evidence_rises_over_the_map_s_median_in_absolute_steps() -> None:
    level = np.full((14, 14), 7.0, np.float32)
    level[2, 3], level[5, 5] = 8.25, 6.0
    found = evidence(level)
    assert found is not None
    assert found[2, 3] == pytest.approx(0.5), "1.25 of 2.5 log-odds"
    assert found[5, 5] == 0
    assert np.count_nonzero(found) == 1


def test_the_same_rise_is_drawn_alike_beside_a_higher_one() -> None:
    level = np.zeros((14, 14), np.float32)
    level[2, 3], level[4, 4] = 10.0, 1.25
    found = evidence(level)
    assert found is not None
    assert (found[2, 3], found[4, 4]) == pytest.approx((1.0, 0.5))


@pytest.mark.parametrize("height", [0.0, 0.9])
def test_a_flat_map_marks_nothing_at_all(height: float) -> None:
    level = np.full((14, 14), 3.0, np.float32)
    level[7, 7] += height
    assert evidence(level) is None


def test_nothing_is_marked_below_the_operating_point() -> None:
    level = np.zeros((14, 14), np.float32)
    level[7, 7] = 5
    assert explain(disc(112, 112), level, SPEC, suspicious=False).evidence is None
    assert explain(disc(112, 112), level, SPEC, suspicious=True).evidence is not None


def test_the_outline_goes_round_the_lesion() -> None:
    outline = lesion_outline(preprocess_stages(disc(100, 120), SPEC))
    assert outline is not None
    centre = (outline.min(axis=0) + outline.max(axis=0)) / 2 * 223
    assert centre == pytest.approx((100, 120), abs=3)
    radii = np.hypot(*(outline * 223 - (100, 120)).T)
    assert radii.min() > 35
    assert radii.max() < 45


def test_the_lesion_in_the_middle_wins_over_a_dark_corner() -> None:
    picture = disc(112, 112, 25)
    picture[:70, :70] = (60, 40, 40)
    outline = lesion_outline(preprocess_stages(picture, SPEC))
    assert outline is not None
    assert outline.mean(axis=0) == pytest.approx((0.5, 0.5), abs=0.05)


def test_a_picture_of_one_colour_is_outlined_whole_and_one_without_the_stage_not_at_all() -> None:
    plain = np.full((224, 224, 3), 180, np.uint8)
    without = PreprocessSpec(stages=("rescale", "resize"))
    assert explain(disc(112, 112), np.zeros((14, 14), np.float32), without, suspicious=True).outline is None
    outline = lesion_outline(preprocess_stages(plain, SPEC))
    # A picture of one grey level has no bright class: the whole of it is what the stage leaves.
    assert outline is not None
    assert sorted(map(tuple, outline.tolist())) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_the_stages_are_shown_in_their_order_as_pictures() -> None:
    stages = explain(disc(112, 112), np.zeros((14, 14), np.float32), SPEC, suspicious=True).stages
    assert [name for name, _ in stages] == list(SPEC.stages)
    assert all(picture.dtype == np.uint8 and picture.shape == (224, 224, 3) for _, picture in stages)
    assert np.array_equal(stages[3][1], stages[4][1]), "rescaling does not change what is seen"


def test_predictive_values_follow_bayes_rule() -> None:
    rate = Rate(0.9, 0.9, 0.9)
    point = OperatingPoint(0.1, rate, Rate(0.6, 0.6, 0.6), "a test")
    # 1,000 people at 10 %: 90 of 100 found, 360 of 900 alarmed; 540 cleared, 10 missed.
    assert point.predictive_values(0.1) == pytest.approx((90 / 450, 540 / 550))
    for wrong in (0, 1, -0.1):
        with pytest.raises(ValueError, match="prevalence"):
            point.predictive_values(wrong)
