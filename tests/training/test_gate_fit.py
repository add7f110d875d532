"""Regions and limits of the gate, worked out by hand or on pictures whose place is known."""

import numpy as np
import pytest

from app.screening.signs import SIGNS
from app.screening.synthetic import draw_lesion
from training.gate.candidates import CHOSEN_SIGNS, FEATURES_REGION, SIGNS_REGION, candidates
from training.gate.fit import FEATURES_SHARE, REFUSED_SHARE, _gate, _warnings
from training.gate.measure import Measured, varied
from training.gate.regions import MOST_DIRECTIONS, distances, fit_region, limit_for


def made_up(seed: int, count: int, shift: float = 0.0) -> Measured:
    """Signs and features around `shift`, in their own units."""
    random = np.random.default_rng(seed)
    return Measured(
        random.normal(shift, 1, (count, len(SIGNS))),
        random.normal(shift, 1, (count, 6)),
        random.dirichlet(np.ones(3), count).astype(np.float32),
    )


def test_the_distance_is_that_of_mahalanobis() -> None:
    random = np.random.default_rng(1)
    mixing = np.array([[2.0, 0.0], [1.5, 0.5]])
    values = random.normal(size=(5000, 2)) @ mixing.T + [10, -3]
    region = fit_region(values)
    covariance = np.cov(values.T)
    apart = values[:5] - values.mean(axis=0)
    expected = np.sqrt(np.einsum("nd,de,ne->n", apart, np.linalg.inv(covariance), apart))
    assert distances(region, values[:5]) == pytest.approx(expected, rel=0.01)
    assert region.unlikeness(values[0]) == pytest.approx(expected[0], rel=0.01)


def test_a_sign_that_never_changes_breaks_nothing() -> None:
    values = np.column_stack([np.random.default_rng(1).normal(size=50), np.full(50, 7.0)])
    assert np.isfinite(distances(fit_region(values), values)).all()


def test_many_features_are_measured_along_those_in_which_they_differ_most() -> None:
    values = np.random.default_rng(1).normal(size=(300, MOST_DIRECTIONS + 40))
    assert fit_region(values).whitening.shape == (MOST_DIRECTIONS, MOST_DIRECTIONS + 40)


def test_a_limit_refuses_no_more_than_it_may() -> None:
    scores = np.arange(100.0)
    assert limit_for(scores, 3) == 96
    assert (scores > limit_for(scores, 3)).sum() == 3
    assert (scores > limit_for(scores, 0)).sum() == 0
    assert limit_for(np.ones(10), 3) == 1


def test_the_gate_refuses_its_share_of_the_validation_part_and_few_of_it_by_the_features() -> None:
    held_out = made_up(2, 1000)
    gate = _gate(made_up(1, 2000), held_out)
    by_signs = distances(gate["signs"], held_out.columns(CHOSEN_SIGNS)) > gate["signs"].limit
    by_features = distances(gate["features"], held_out.features) > gate["features"].limit
    assert by_features.sum() == FEATURES_SHARE * 1000
    assert (by_signs | by_features).sum() == REFUSED_SHARE * 1000


def test_every_candidate_but_that_of_the_probabilities_tells_what_is_far_away() -> None:
    labels = np.arange(600) % 3
    scores = candidates(made_up(1, 600), made_up(2, 300), labels)
    assert {SIGNS_REGION, FEATURES_REGION} <= set(scores)
    near, far = made_up(3, 200), made_up(4, 200, shift=6)
    for name, score in scores.items():
        assert score(near).shape == (200,)
        if "probabilities" not in name and "relative" not in name and "centres" not in name:
            assert score(far).min() > score(near).max(), name


def test_warnings_are_given_for_one_in_a_hundred_training_pictures() -> None:
    signs = made_up(1, 10_000).signs
    limits = {limit["code"]: limit for limit in _warnings(signs)}
    assert set(limits) == {"blurred", "too_dark", "too_bright", "low_contrast", "cut_off", "small_picture"}
    dark, bright = limits["too_dark"], limits["too_bright"]
    assert (signs[:, SIGNS.index(dark["sign"])] < dark["below"]).mean() == pytest.approx(0.01, abs=1e-3)
    assert (signs[:, SIGNS.index(bright["sign"])] > bright["above"]).mean() == pytest.approx(0.01, abs=1e-3)
    assert "above" not in dark


def test_a_variation_is_the_picture_in_another_light_and_the_same_for_the_same_seed() -> None:
    image = draw_lesion(1, 300, 400)
    one, same, other = (varied(image, 224, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.shape == (224, 224, 3)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert 0.5 < one.mean() / image.mean() < 1.4
