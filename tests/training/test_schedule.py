"""Learning rates and stopping, from histories written by hand; and the order of an epoch."""

from dataclasses import replace

import numpy as np
import pytest

from training.pipeline import epoch_order
from training.recipe import load_recipe
from training.schedule import best_epoch, optimizer, plateau_rate, stopped

RECIPE = load_recipe("three_block_ham10000")
PLATEAU = replace(
    RECIPE.fit, schedule="plateau", peak_learning_rate=0.8, plateau_factor=0.5, plateau_patience=2,
    least_learning_rate=0.15,
)  # fmt: skip


def losses(*values: float) -> list[dict[str, float]]:
    return [{"validation_loss": value} for value in values]


def test_the_rate_falls_after_each_wait_without_progress_down_to_the_least() -> None:
    assert plateau_rate([], PLATEAU) == 0.8
    assert plateau_rate(losses(3, 2, 2.5), PLATEAU) == 0.8
    assert plateau_rate(losses(3, 2, 2.5, 2), PLATEAU) == 0.4
    assert plateau_rate(losses(3, 2, 2.5, 2, 2.1), PLATEAU) == 0.4
    assert plateau_rate(losses(3, 2, 2.5, 2, 2.1, 2.2), PLATEAU) == 0.2
    assert plateau_rate(losses(3, 2, 2.5, 1, 2.1), PLATEAU) == 0.8
    assert plateau_rate(losses(*[1] * 20), PLATEAU) == 0.15


def test_a_run_stops_when_its_best_epoch_lies_far_enough_back() -> None:
    assert best_epoch([]) == 0
    assert best_epoch(losses(3, 1, 2, 1)) == 2
    assert not stopped(losses(3, 1, 2), 2)
    assert stopped(losses(3, 1, 2, 1), 2)
    assert not stopped(losses(1, 2, 3, 4, 5), 0)


def test_the_cosine_rises_falls_and_ends_at_0_and_the_constant_stays() -> None:
    fit = replace(RECIPE.fit, cycles=(10, 4), warmup_epochs=2, peak_learning_rate=0.01, restart_factor=0.5)
    rate = optimizer(fit, 0, 100)._learning_rate
    assert [float(rate(step)) for step in (0, 100, 200, 600, 1000)] == pytest.approx([0, 0.005, 0.01, 0.005, 0])
    assert float(optimizer(fit, 1, 100)._learning_rate(200)) == pytest.approx(0.005)
    constant = optimizer(replace(fit, schedule="constant"), 0, 100)._learning_rate
    assert [float(constant(step)) for step in (100, 200, 999)] == pytest.approx([0.005, 0.01, 0.01])


def test_adafactor_and_its_like_are_made_by_name() -> None:
    for name in ("adafactor", "adam", "sgd"):
        made = optimizer(replace(RECIPE.fit, optimizer=name, weight_decay=0.0, gradient_norm=0.0), 0, 10)
        assert type(made).__name__.lower() == name
        assert made.weight_decay is None
        assert made.global_clipnorm is None


def test_small_classes_are_repeated_and_every_image_is_there() -> None:
    labels = np.array([0] * 10 + [1] * 3 + [2] * 5)
    recipe = replace(RECIPE, fit=replace(RECIPE.fit, oversample_to=5))
    order = epoch_order(recipe, labels, 0)
    assert np.bincount(labels[order]).tolist() == [10, 5, 5]
    assert set(order) == set(range(18))
    assert not np.array_equal(order, epoch_order(recipe, labels, 1))
    assert sorted(epoch_order(RECIPE, labels, 0)) == list(range(18))
