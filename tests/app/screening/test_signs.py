"""Signs of pictures whose values are known."""

import math

import cv2
import numpy as np
import pytest

from app.screening.preprocess import PreprocessSpec, working_image
from app.screening.signs import SIGNS, measure_signs
from app.screening.synthetic import draw_lesion

SIDE = 224


def signs_of(image: np.ndarray) -> dict[str, float]:
    return dict(zip(SIGNS, measure_signs(image, working_image(image, PreprocessSpec())).tolist(), strict=True))


def plain(colour: tuple[int, int, int], height: int = SIDE, width: int = SIDE) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_a_picture_of_one_grey_has_its_level_and_nothing_else() -> None:
    found = signs_of(plain((120, 120, 120), 300, 400))
    assert found["shorter_side"] == 300
    assert found["brightness"] == 120
    assert found["clipped"] == 0
    assert (found["contrast"], found["spread"]) == (0, 0)
    assert (found["a_mean"], found["b_mean"]) == (0, 0)
    assert found["a_spread"] == pytest.approx(math.log(0.5))
    assert found["detail_0"] == pytest.approx(math.log(0.05))
    assert found["centre_to_frame"] == 0


def test_colour_is_told_apart_from_light() -> None:
    red, blue = signs_of(plain((200, 60, 60))), signs_of(plain((60, 60, 200)))
    assert red["a_mean"] > 40
    assert red["b_mean"] > 20
    assert blue["b_mean"] < -40
    assert signs_of(plain((255, 60, 60)))["clipped"] == 1


def test_a_dark_disc_in_the_middle_is_one_part_that_leaves_the_frame_bright() -> None:
    image = plain((200, 200, 200))
    cv2.circle(image, (112, 112), 50, (80, 80, 80), -1)
    found = signs_of(image)
    assert found["dark_frame"] == 0
    assert found["dark_parts"] == pytest.approx(math.log(2))
    assert found["centre_to_frame"] < -60
    cv2.circle(image, (0, 0), 40, (80, 80, 80), -1)
    found = signs_of(image)
    assert found["dark_parts"] == pytest.approx(math.log(3))
    assert found["dark_frame"] > 0.05


def test_upright_stripes_have_edges_along_the_axes_and_slanted_ones_have_none() -> None:
    columns = np.arange(SIDE)
    upright = np.where(columns[np.newaxis] // 8 % 2 == 0, 60, 200).repeat(SIDE, axis=0)
    slanted = np.where((columns[np.newaxis] + columns[:, np.newaxis]) // 8 % 2 == 0, 60, 200)
    pictures = [np.repeat(stripes[..., np.newaxis], 3, axis=2).astype(np.uint8) for stripes in (upright, slanted)]
    assert signs_of(pictures[0])["axis_edges"] > 0.99
    assert signs_of(pictures[1])["axis_edges"] < 0.2


def test_blur_takes_the_fine_detail_and_leaves_the_coarse() -> None:
    sharp = draw_lesion(1, SIDE, SIDE)
    soft = cv2.GaussianBlur(sharp, (0, 0), 3)
    before, after = signs_of(sharp), signs_of(soft)
    assert after["detail_1"] < before["detail_1"] - 0.5
    assert after["detail_4"] == pytest.approx(before["detail_4"], abs=0.25)


def test_the_same_photo_at_another_size_has_the_same_signs() -> None:
    photo = cv2.resize(draw_lesion(2, SIDE, SIDE), (1120, 1120), interpolation=cv2.INTER_NEAREST)
    small, large = signs_of(draw_lesion(2, SIDE, SIDE)), signs_of(photo)
    assert large.pop("shorter_side") == 1120
    small.pop("shorter_side")
    assert large == pytest.approx(small, abs=0.05)


def test_every_sign_is_finite_whatever_the_picture() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    for image in (plain((0, 0, 0)), plain((255, 255, 255)), noise, plain((0, 255, 0), 64, 3000)):
        assert np.isfinite(measure_signs(image, working_image(image, PreprocessSpec()))).all()
