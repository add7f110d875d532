"""Views that can be made again, and banks of teachers' answers to them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from training.augment import AugmentSpec, augment
from training.banks import BankMismatch, fill_bank
from training.soft_labels import SoftLabels, from_bank
from training.views import Views

RANDOM = np.random.default_rng(1)
PIXELS = RANDOM.integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)
TARGETS = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
SPEC = AugmentSpec(quarter_turns=True, brightness=0.2)
VIEWS = Views(PIXELS, TARGETS, SPEC, seed=4)
IDENTITY = {"teacher": "abc", "seed": 4}


def brightness(pictures: np.ndarray) -> np.ndarray:
    """Stands for a teacher: three logits that tell one picture from another."""
    scaled = pictures.astype(np.float32) / 255
    mean = scaled.mean(axis=(1, 2, 3))
    return np.stack([mean, 2 * mean, scaled[:, 0, 0, 0]], axis=1)


def test_a_view_is_made_again_alone_and_in_any_company() -> None:
    together, targets = VIEWS.make(np.arange(6), 7)
    alone, _ = VIEWS.make(np.array([4]), 7)
    assert np.array_equal(alone[0], together[4])
    assert np.array_equal(targets, TARGETS)
    assert not np.array_equal(VIEWS.make(np.array([4]), 8)[0], alone)
    assert not np.array_equal(replace(VIEWS, seed=5).make(np.array([4]), 7)[0], alone)


def test_a_mixed_view_mixes_pictures_and_targets_by_the_same_share() -> None:
    views = Views(PIXELS, TARGETS, AugmentSpec(mixup=0.5), seed=4)
    pictures, targets = views.make(np.arange(6), 0)
    assert targets.sum(axis=1) == pytest.approx(np.ones(6))
    mixed = 0
    for row in range(6):
        share = 1 - targets[row] @ TARGETS[row]
        if share == 0:  # the partner is of the same class
            continue
        mixed += 1
        assert share <= 0.5
        made = [np.rint((1 - share) * PIXELS[row] + share * other.astype(np.float32)) for other in PIXELS]
        assert min(np.abs(pictures[row] - expected).max() for expected in made) <= 1
    assert mixed >= 2


def test_two_networks_see_the_same_geometry_of_a_view_each_in_its_own_preprocessing() -> None:
    other = Views(255 - PIXELS, TARGETS, AugmentSpec(quarter_turns=True), seed=4)
    same = Views(PIXELS, TARGETS, AugmentSpec(quarter_turns=True), seed=4)
    assert np.array_equal(255 - other.make(np.arange(6), 3)[0], same.make(np.arange(6), 3)[0])


def test_a_bank_holds_the_answers_to_its_views(tmp_path: Path) -> None:
    bank = fill_bank(tmp_path, IDENTITY, VIEWS, 2, brightness)
    assert bank.shape == (2, 6, 3)
    assert bank.dtype == np.float16
    seen = augment(PIXELS[3], (4, 1, 3), SPEC)
    assert bank[1, 3].astype(np.float32) == pytest.approx(brightness(seen[np.newaxis])[0], abs=1e-3)


def test_an_interrupted_bank_goes_on_and_a_whole_one_is_not_asked_again(tmp_path: Path) -> None:
    asked = []

    def answer(pictures: np.ndarray) -> np.ndarray:
        asked.append(len(pictures))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return brightness(pictures)

    with pytest.raises(KeyboardInterrupt):
        fill_bank(tmp_path, IDENTITY, VIEWS, 3, answer)
    bank = fill_bank(tmp_path, IDENTITY, VIEWS, 3, answer)
    assert asked == [6, 6, 6, 6]
    assert np.array_equal(fill_bank(tmp_path, IDENTITY, VIEWS, 3, answer), bank)
    assert len(asked) == 4


def test_a_bank_of_another_teacher_is_refused_and_kept(tmp_path: Path) -> None:
    before = fill_bank(tmp_path, IDENTITY, VIEWS, 1, brightness)
    with pytest.raises(BankMismatch, match="belongs to another teacher"):
        fill_bank(tmp_path, {**IDENTITY, "teacher": "xyz"}, VIEWS, 1, brightness)
    with pytest.raises(BankMismatch, match="belongs to another seed and split"):
        fill_bank(tmp_path, {"teacher": "abc", "seed": 5, "split": "new"}, VIEWS, 1, brightness)
    assert np.array_equal(fill_bank(tmp_path, IDENTITY, VIEWS, 1, brightness), before)


def test_a_bank_of_other_pictures_is_refused(tmp_path: Path) -> None:
    fill_bank(tmp_path, IDENTITY, VIEWS, 1, brightness)
    fewer = replace(VIEWS, pixels=PIXELS[:4], targets=TARGETS[:4])
    with pytest.raises(BankMismatch, match="not of 4 pictures"):
        fill_bank(tmp_path, IDENTITY, fewer, 1, brightness)


def test_the_mean_of_very_sure_teachers_stays_finite() -> None:
    sure = np.array([[[120.0, -120.0, 0.0]]], np.float16)
    logits = SoftLabels([from_bank(sure), from_bank(sure[..., ::-1].copy())], temperature=1.0, views=1).logits(
        0, np.array([0])
    )
    assert np.isfinite(logits).all()


def test_several_teachers_are_averaged_as_softened_probabilities() -> None:
    banks = tuple(RANDOM.normal(0, 3, (1, 6, 3)).astype(np.float16) for _ in range(2))
    soft = SoftLabels([from_bank(bank) for bank in banks], temperature=5.0, views=1)
    rows = np.array([4, 0])
    expected = np.mean([softmax(bank[0][rows].astype(np.float64) / 5, axis=1) for bank in banks], axis=0)
    assert softmax(soft.logits(0, rows) / 5, axis=1) == pytest.approx(expected, abs=1e-5)
    one = SoftLabels([from_bank(banks[0])], temperature=5.0, views=1)
    assert one.logits(0, rows) == pytest.approx(banks[0][0][rows].astype(np.float32), abs=1e-5)
