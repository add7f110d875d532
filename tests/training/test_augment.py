"""Augmentation: each map against one worked out by hand."""

import numpy as np

from training.augment import AugmentSpec, augment

SIDE = 32
RANDOM = np.random.default_rng(1)
PICTURES = RANDOM.integers(0, 256, size=(24, SIDE, SIDE, 3), dtype=np.uint8)
FULL = AugmentSpec(
    quarter_turns=True, warp_share=0.5, rotation=180, shift=0.1, shear=10, zoom=0.2, brightness=0.1, contrast=0.1,
    blur_share=0.5, blur=1.0,
)  # fmt: skip


def test_without_ranges_nothing_changes() -> None:
    assert np.array_equal(augment(PICTURES, (1, 2), AugmentSpec()), PICTURES)


def test_the_seed_decides_everything_and_the_input_stays_as_it_was() -> None:
    before = PICTURES.copy()
    first = augment(PICTURES, (1, 2, 3), FULL)
    assert np.array_equal(first, augment(PICTURES, (1, 2, 3), FULL))
    assert not np.array_equal(first, augment(PICTURES, (1, 2, 4), FULL))
    assert np.array_equal(PICTURES, before)
    assert first.shape == PICTURES.shape
    assert first.dtype == np.uint8


def test_a_horizontal_flip_mirrors_about_half_of_the_pictures_left_to_right() -> None:
    flipped = augment(PICTURES, (5,), AugmentSpec(horizontal_flip=True))
    kinds = [
        "same" if np.array_equal(new, old) else "mirrored" if np.array_equal(new, old[:, ::-1]) else "other"
        for new, old in zip(flipped, PICTURES, strict=True)
    ]
    assert set(kinds) == {"same", "mirrored"}


def test_quarter_turns_give_all_eight_orientations_and_no_other_pixel() -> None:
    pictures = np.repeat(PICTURES[:1], 64, axis=0)
    turned = {picture.tobytes() for picture in augment(pictures, (9,), AugmentSpec(quarter_turns=True))}
    square = PICTURES[0]
    expected = {np.rot90(side, quarter).tobytes() for side in (square, square[:, ::-1]) for quarter in range(4)}
    assert turned == expected


def test_only_the_share_that_is_named_is_warped() -> None:
    warped = augment(np.repeat(PICTURES, 10, axis=0), (2,), AugmentSpec(warp_share=0.3, rotation=90))
    untouched = [np.array_equal(new, old) for new, old in zip(warped, np.repeat(PICTURES, 10, axis=0), strict=True)]
    assert 0.6 < np.mean(untouched) < 0.8


def test_a_vertical_flip_mirrors_top_to_bottom() -> None:
    flipped = augment(PICTURES, (5,), AugmentSpec(vertical_flip=True))
    assert all(
        np.array_equal(new, old) or np.array_equal(new, old[::-1]) for new, old in zip(flipped, PICTURES, strict=True)
    )
    assert not np.array_equal(flipped, PICTURES)


def test_a_rotation_keeps_the_centre_and_moves_the_border() -> None:
    picture = np.zeros((1, 33, 33, 3), np.uint8)
    picture[0, 16, 16] = 255
    picture[0, 16, 28] = 255
    rotated = augment(picture, (3,), AugmentSpec(rotation=90))
    assert rotated[0, 16, 16].min() > 200
    assert rotated[0, 16, 28].max() < 200
    ys, xs = np.nonzero(rotated[0, :, :, 0] > 60)
    assert max(np.hypot(ys - 16, xs - 16)) == np.float64(12).item() or abs(max(np.hypot(ys - 16, xs - 16)) - 12) < 1


def test_a_shift_is_no_larger_than_its_range() -> None:
    picture = np.zeros((40, 33, 33, 3), np.uint8)
    picture[:, 16, 16] = 255
    shifted = augment(picture, (4,), AugmentSpec(shift=0.2))
    for row in shifted:
        ys, xs = np.nonzero(row[:, :, 0] > 60)
        assert np.abs(ys - 16).max() <= 0.2 * 33 + 1
        assert np.abs(xs - 16).max() <= 0.2 * 33 + 1


def test_brightness_adds_the_same_to_every_pixel_and_saturates() -> None:
    grey = np.full((20, 8, 8, 3), 250, np.uint8)
    brighter = augment(grey, (6,), AugmentSpec(brightness=0.1))
    assert all(len(np.unique(row)) == 1 for row in brighter)
    assert brighter.max() == 255
    assert 224 <= brighter.min() < 250


def test_contrast_turns_about_mid_grey() -> None:
    picture = np.tile(np.array([27, 127, 227], np.uint8), (30, 8, 8, 1))
    changed = augment(picture, (7,), AugmentSpec(contrast=0.2)).astype(int)
    assert np.abs(changed[..., 1] - 127).max() <= 1
    assert (np.abs((changed[..., 2] - 127) - (127 - changed[..., 0])) <= 2).all()
    assert np.abs(changed[..., 2] - 227).max() > 5


def test_blur_takes_away_detail() -> None:
    blurred = augment(PICTURES, (8,), AugmentSpec(blur_share=1.0, blur=1.5))
    assert blurred.std() < PICTURES.std()
    assert abs(blurred.mean() - PICTURES.mean()) < 3
