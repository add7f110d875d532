"""Augmentation: each map against what its definition says."""

import numpy as np
import pytest

from training.augment import AUGMENTATIONS, AugmentSpec, affine, augment

SIDE = 32
RANDOM = np.random.default_rng(1)
PICTURES = RANDOM.integers(0, 256, size=(24, SIDE, SIDE, 3), dtype=np.uint8)
FULL = AugmentSpec(
    quarter_turns=True, warp_share=0.5, rotation=180, shift=0.1, shear=10, zoom=0.2, brightness=0.1, contrast=0.1,
    blur_share=0.5, blur=1.0,
)  # fmt: skip


def augmented(pictures: np.ndarray, seed: tuple[int, ...], spec: AugmentSpec) -> np.ndarray:
    return np.stack([augment(picture, (*seed, row), spec) for row, picture in enumerate(pictures)])


def test_without_ranges_nothing_changes() -> None:
    assert np.array_equal(augmented(PICTURES, (1, 2), AugmentSpec()), PICTURES)


def test_the_papers_augmentations_are_there_by_name_and_change_what_they_say() -> None:
    islam = AUGMENTATIONS["islam2024"]
    assert min(islam.rotation, islam.shift, islam.shear, islam.horizontal_flip) > 0
    assert max(islam.zoom, islam.brightness, islam.vertical_flip) == 0
    report = AUGMENTATIONS["report2025"]
    assert min(report.zoom, report.brightness, report.vertical_flip) > 0
    for spec in AUGMENTATIONS.values():
        assert not np.array_equal(augmented(PICTURES, (1,), spec), PICTURES)


def test_the_seed_decides_everything_and_the_input_stays_as_it_was() -> None:
    before = PICTURES.copy()
    first = augmented(PICTURES, (1, 2, 3), FULL)
    assert np.array_equal(first, augmented(PICTURES, (1, 2, 3), FULL))
    assert not np.array_equal(first, augmented(PICTURES, (1, 2, 4), FULL))
    assert np.array_equal(PICTURES, before)
    assert first.shape == PICTURES.shape
    assert first.dtype == np.uint8


def test_a_horizontal_flip_mirrors_about_half_of_the_pictures_left_to_right() -> None:
    flipped = augmented(PICTURES, (5,), AugmentSpec(horizontal_flip=True))
    kinds = [
        "same" if np.array_equal(new, old) else "mirrored" if np.array_equal(new, old[:, ::-1]) else "other"
        for new, old in zip(flipped, PICTURES, strict=True)
    ]
    assert set(kinds) == {"same", "mirrored"}


def test_quarter_turns_give_all_eight_orientations_and_no_other_pixel() -> None:
    pictures = np.repeat(PICTURES[:1], 64, axis=0)
    turned = {picture.tobytes() for picture in augmented(pictures, (9,), AugmentSpec(quarter_turns=True))}
    square = PICTURES[0]
    expected = {np.rot90(side, quarter).tobytes() for side in (square, square[:, ::-1]) for quarter in range(4)}
    assert turned == expected


def test_only_the_share_that_is_named_is_warped() -> None:
    warped = augmented(np.repeat(PICTURES, 10, axis=0), (2,), AugmentSpec(warp_share=0.3, rotation=90))
    untouched = [np.array_equal(new, old) for new, old in zip(warped, np.repeat(PICTURES, 10, axis=0), strict=True)]
    assert 0.6 < np.mean(untouched) < 0.8


def test_a_vertical_flip_mirrors_top_to_bottom() -> None:
    flipped = augmented(PICTURES, (5,), AugmentSpec(vertical_flip=True))
    assert all(
        np.array_equal(new, old) or np.array_equal(new, old[::-1]) for new, old in zip(flipped, PICTURES, strict=True)
    )
    assert not np.array_equal(flipped, PICTURES)


def test_a_rotation_keeps_the_centre_and_every_distance_from_it() -> None:
    picture = np.zeros((30, 33, 33, 3), np.uint8)
    picture[:, 15:18, 15:18] = 255
    picture[:, 15:18, 23:26] = 255
    angles = []
    for rotated in augmented(picture, (3,), AugmentSpec(rotation=90)):
        assert rotated[16, 16].min() > 250
        ys, xs = np.nonzero(rotated[:, :, 0] > 127)
        distance = np.hypot(ys - 16, xs - 16)
        far = (distance > 4) & (distance < 11.5)  # beyond it lies what the border reflects
        y, x = ys[far].mean() - 16, xs[far].mean() - 16
        assert np.hypot(y, x) == pytest.approx(8, abs=0.5)
        angles.append(np.degrees(np.arctan2(y, x)))
    assert -92 < min(angles) < -45
    assert 45 < max(angles) < 92


def test_the_affine_map_is_the_one_of_its_formula() -> None:
    zoomed = affine(np.random.default_rng(1), 33, AugmentSpec(zoom=0.2))
    scale = zoomed[0, 0]
    assert zoomed[:, :2] == pytest.approx(np.eye(2) * scale)
    assert 1 / 1.2 <= scale <= 1 / 0.8
    assert scale != 1
    sheared = affine(np.random.default_rng(1), 33, AugmentSpec(shear=10))
    assert sheared[:, :2] == pytest.approx(np.array([[1, sheared[0, 1]], [0, 1]]))
    assert 0 < abs(sheared[0, 1]) <= np.tan(np.radians(10))
    for transform in (zoomed, sheared):
        assert transform @ [16, 16, 1] == pytest.approx([16, 16]), "the centre stays"


def test_a_shift_is_no_larger_than_its_range() -> None:
    picture = np.zeros((40, 33, 33, 3), np.uint8)
    picture[:, 16, 16] = 255
    shifted = augmented(picture, (4,), AugmentSpec(shift=0.2))
    for row in shifted:
        ys, xs = np.nonzero(row[:, :, 0] > 60)
        assert np.abs(ys - 16).max() <= 0.2 * 33 + 1
        assert np.abs(xs - 16).max() <= 0.2 * 33 + 1


def test_brightness_adds_the_same_to_every_pixel_and_saturates() -> None:
    grey = np.full((20, 8, 8, 3), 250, np.uint8)
    brighter = augmented(grey, (6,), AugmentSpec(brightness=0.1))
    assert all(len(np.unique(row)) == 1 for row in brighter)
    assert brighter.max() == 255
    assert 224 <= brighter.min() < 250


def test_contrast_turns_about_mid_grey() -> None:
    picture = np.tile(np.array([27, 127, 227], np.uint8), (30, 8, 8, 1))
    changed = augmented(picture, (7,), AugmentSpec(contrast=0.2)).astype(int)
    assert np.abs(changed[..., 1] - 127).max() <= 1
    assert (np.abs((changed[..., 2] - 127) - (127 - changed[..., 0])) <= 2).all()
    assert np.abs(changed[..., 2] - 227).max() > 5


def test_blur_takes_away_detail() -> None:
    blurred = augmented(PICTURES, (8,), AugmentSpec(blur_share=1.0, blur=1.5))
    assert blurred.std() < PICTURES.std()
    assert abs(blurred.mean() - PICTURES.mean()) < 3
