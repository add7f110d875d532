"""Each stage against numbers worked out by hand from its formula."""

from dataclasses import replace

import numpy as np
import pytest

from app.screening.preprocess import (
    STAGES,
    PreprocessSpec,
    close_hair,
    filter_bilateral,
    highlight_roi,
    otsu_mask,
    preprocess,
    preprocess_stages,
    rescale,
    resize,
    unsharp_mask,
    working_image,
)
from app.screening.synthetic import draw_lesion

SPEC = PreprocessSpec()


def plain(value: tuple[int, int, int], height: int = 20, width: int = 20) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_closing_fills_a_dark_line_thinner_than_the_element() -> None:
    skin = plain((200, 150, 120))
    hairy = skin.copy()
    hairy[:, 8:12] = (30, 20, 10)  # four pixels wide; the element is five
    assert np.array_equal(close_hair(hairy, SPEC), skin)


def test_closing_keeps_a_dark_spot_as_large_as_the_element() -> None:
    spotted = plain((200, 150, 120))
    spotted[7:12, 7:12] = (30, 20, 10)
    assert np.array_equal(close_hair(spotted, SPEC), spotted)


def test_closing_works_on_each_channel_by_itself() -> None:
    picture = plain((200, 200, 200))
    picture[5, 5] = (10, 200, 90)
    assert np.array_equal(close_hair(picture, SPEC), plain((200, 200, 200)))


def test_bilateral_filter_gives_the_weighted_mean_of_its_formula() -> None:
    picture = plain((100, 100, 100), 7, 7)
    picture[3, 3] = (130, 130, 130)
    spec = replace(SPEC, bilateral_diameter=3, bilateral_sigma_color=25.0, bilateral_sigma_space=5.0)
    # OpenCV's neighbourhood of diameter 3 is the centre and its four neighbours at distance 1; the colour distance is
    # the sum of |difference| over the channels, 90 here.
    weight = np.exp(-(90**2) / (2 * 25.0**2)) * np.exp(-1 / (2 * 5.0**2))
    expected = (130 + 4 * weight * 100) / (1 + 4 * weight)
    assert abs(int(filter_bilateral(picture, spec)[3, 3, 0]) - expected) <= 0.5


def test_bilateral_filter_smooths_small_differences_and_keeps_large_ones() -> None:
    picture = plain((200, 200, 200))
    picture[:, 10:] = 60
    picture[::2, ::2] += 4
    filtered = filter_bilateral(picture, SPEC)
    assert filtered[:, :9].std() < picture[:, :9].std() / 2
    assert filtered[5, 9, 0] - filtered[5, 10, 0] > 130


def test_the_mask_is_255_from_the_threshold_on() -> None:
    picture = plain((50, 50, 50))
    picture[:, 12:] = 200
    mask = otsu_mask(picture)
    assert mask.dtype == np.uint8
    assert (mask[:, :12] == 0).all()
    assert (mask[:, 12:] == 255).all()


def test_the_mask_weighs_rgb_and_not_bgr() -> None:
    picture = plain((255, 0, 0))  # red: grey 0.299 * 255 = 76
    picture[:, 10:] = (0, 0, 255)  # blue: grey 0.114 * 255 = 29
    mask = otsu_mask(picture)
    assert (mask[:, :10] == 255).all(), "red is the brighter of the two; in BGR it would be the darker"
    assert (mask[:, 10:] == 0).all()


def test_a_picture_of_one_grey_level_has_an_empty_mask() -> None:
    assert not otsu_mask(plain((90, 90, 90))).any()


def test_roi_highlight_adds_the_weighted_mask_and_saturates() -> None:
    picture = plain((50, 40, 30))
    picture[:, 10:] = (200, 210, 220)
    highlighted = highlight_roi(picture, replace(SPEC, roi_gain=0.1))
    assert highlighted[0, 0].tolist() == [50, 40, 30]
    assert highlighted[0, 19].tolist() == [226, 236, 246]  # + 0.1 * 255 = 25.5, rounded to the even neighbour
    assert (highlight_roi(picture, SPEC)[:, 10:] == 255).all()  # + 1.14 * 255 = 290.7


def test_unsharp_mask_adds_1_2_times_what_the_blur_takes_away() -> None:
    picture = plain((100, 100, 100), 41, 41)
    picture[20, 20] = (140, 100, 100)
    # sigma 2 gives OpenCV a kernel of round(2 * 3 * 2 + 1) | 1 = 13 pixels.
    line = np.exp(-(np.arange(-6, 7) ** 2) / (2 * 2.0**2))
    centre = (line[6] / line.sum()) ** 2
    blur = round(100 + 40 * centre)
    sharpened = unsharp_mask(picture, SPEC)
    assert abs(int(sharpened[20, 20, 0]) - (140 + 1.2 * (140 - blur))) <= 0.5
    assert sharpened[20, 20, 1] == 100
    assert sharpened[20, 27, 0] == 100, "seven pixels away is outside the kernel"


def test_unsharp_mask_saturates() -> None:
    picture = plain((20, 20, 20))
    picture[:, 10:] = 240
    sharpened = unsharp_mask(picture, SPEC)
    assert sharpened.min() == 0
    assert sharpened.max() == 255


def test_rescale_maps_0_to_255_onto_0_to_1_in_float32() -> None:
    scaled = rescale(np.array([[[0, 51, 255]]], np.uint8), SPEC)
    assert scaled.dtype == np.float32
    assert scaled.ravel().tolist() == pytest.approx([0.0, 0.2, 1.0])


def test_resize_to_a_smaller_square_averages_areas() -> None:
    picture = np.zeros((4, 4, 3), np.float32)
    picture[:2, :2] = [[[0.0], [1.0]], [[0.5], [0.5]]]
    assert resize(picture, replace(SPEC, output_size=2))[0, 0, 0] == pytest.approx(0.5)


def test_the_working_image_is_squashed_by_area() -> None:
    wide = np.zeros((224, 448, 3), np.uint8)
    wide[:, 1::2] = 200
    assert (working_image(wide, SPEC) == 100).all()


def test_the_working_image_of_a_small_picture_is_interpolated() -> None:
    small = plain((10, 20, 30), 64, 80)
    assert working_image(small, SPEC).shape == (224, 224, 3)
    assert (working_image(small, SPEC) == (10, 20, 30)).all()


def test_the_stages_run_in_the_published_order() -> None:
    names = [name for name, _ in preprocess_stages(draw_lesion(1), SPEC)]
    assert names == ["working_image", "closing", "bilateral", "roi_highlight", "unsharp_mask", "rescale", "resize"]


def test_preprocess_is_the_stages_one_after_the_other() -> None:
    image = draw_lesion(2, 300, 400)
    picture = working_image(image, SPEC)
    for step in (close_hair, filter_bilateral, highlight_roi, unsharp_mask, rescale, resize):
        picture = step(picture, SPEC)
    result = preprocess(image, SPEC)
    assert np.array_equal(result, picture)
    assert np.array_equal(result, preprocess_stages(image, SPEC)[-1][1])
    assert result.shape == (224, 224, 3)
    assert result.dtype == np.float32
    assert 0 <= result.min() < result.max() <= 1


@pytest.mark.parametrize("stage", STAGES[:5])
def test_a_stage_that_is_switched_off_changes_nothing_any_more(stage: str) -> None:
    image = draw_lesion(3)
    spec = replace(SPEC, stages=tuple(name for name in STAGES if name != stage))
    assert stage not in dict(preprocess_stages(image, spec))
    assert not np.array_equal(preprocess(image, spec), preprocess(image, SPEC))


def test_the_same_image_gives_the_same_bits_in_every_call() -> None:
    image = draw_lesion(4, 450, 600)
    before = image.copy()
    assert np.array_equal(preprocess(image, SPEC), preprocess(image, SPEC))
    assert np.array_equal(image, before), "the caller's image is not changed"


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((10, 10), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros((0, 10, 3), np.uint8),
    ],
)
def test_what_is_no_image_is_refused(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="RGB uint8"):
        preprocess(image, SPEC)


def test_a_spec_survives_the_manifest() -> None:
    spec = replace(SPEC, bilateral_sigma_color=31.5, stages=("closing", "rescale", "resize"))
    assert PreprocessSpec.from_dict(spec.to_dict()) == spec


def test_a_spec_with_an_unknown_or_missing_field_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown \['zoom'\]"):
        PreprocessSpec.from_dict({**SPEC.to_dict(), "zoom": 2})
    with pytest.raises(ValueError, match=r"missing \['roi_gain'\]"):
        PreprocessSpec.from_dict({key: value for key, value in SPEC.to_dict().items() if key != "roi_gain"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"stages": ("closing", "sharpen")}, "unknown preprocessing stages"),
        ({"stages": ("bilateral", "closing")}, "keep the order"),
        ({"closing_size": 0}, "closing_size must be a whole number above 0"),
    ],
)
def test_a_spec_that_makes_no_sense_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SPEC, **change)
