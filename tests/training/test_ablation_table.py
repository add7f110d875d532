"""The arithmetic of an ablation study's table, on made-up trials with figures computed by hand; and its figure."""

import json
from pathlib import Path

import pytest

from training.ablate.figure import draw
from training.ablate.plan import BASE, DISTILLED, HARD, make_plan
from training.ablate.results import Trial, arm_rows, difference, rows
from training.ablate.table import to_json, to_markdown
from training.recipe import Recipe, load_recipe


@pytest.fixture(scope="module")
def taught() -> Recipe:
    return load_recipe("three_block_distilled")


@pytest.fixture(scope="module")
def hard() -> Recipe:
    return load_recipe("three_block_ham10000")


def made_up(factor: str, setting: str, values: tuple[float, ...], arm: str = HARD) -> list[Trial]:
    return [
        Trial(arm, factor, setting, seed, {
            name: {"value": value, "low": value - 0.1, "high": value + 0.1}
            for name in ("auc", "accuracy", "f1", "mcc")
        })
        for seed, value in enumerate(values, start=1)
    ]  # fmt: skip


def test_the_difference_has_the_interval_that_was_computed_by_hand() -> None:
    # Means 0.90 and 0.82, both deviations 0.02: standard error √(2 · 0.0004 / 3) = 0.0163299; 4 degrees of freedom,
    # t = 2.776445; half the interval 0.0453391.
    found = difference((0.88, 0.90, 0.92), (0.80, 0.82, 0.84))
    assert found.value == pytest.approx(0.08)
    assert (found.low, found.high) == (pytest.approx(0.0346609, abs=1e-6), pytest.approx(0.1253391, abs=1e-6))
    assert found.in_noise is False
    assert difference((0.80, 0.84, 0.88), (0.80, 0.82, 0.84)).in_noise is True
    assert difference((0.9,), (0.8, 0.9)).in_noise is None
    assert difference((0.9, 0.9), (0.8, 0.8)).low == pytest.approx(0.1)


def test_the_table_has_means_deviations_differences_and_what_is_chosen(hard: Recipe) -> None:
    plan = make_plan(hard, factors=["conversion", "closing"], seeds=3)
    trials = [
        *made_up(BASE, "", (0.80, 0.82, 0.84)),
        *made_up("conversion", "average", (0.88, 0.90, 0.92)),
        *made_up("conversion", "flatten", (0.80, 0.84, 0.88)),
        *made_up("closing", "off", (0.85,)),
    ]
    flatten, average, own = rows(plan, trials, HARD, "conversion")
    assert (own.setting, own.is_base, own.published) == ("max", True, True)
    assert own.to_dict()["means"]["auc"] == pytest.approx(0.82)
    assert own.to_dict()["deviations"]["mcc"] == pytest.approx(0.02)
    assert (flatten.chosen, average.chosen, own.chosen) == (False, True, False)
    off, on = rows(plan, trials, HARD, "closing")
    assert (off.setting, off.chosen, on.chosen) == ("off", False, True)
    table = to_markdown(plan, trials)
    assert "| feature conversion | flatten | 0.840 ± 0.040 |" in table
    assert "|  | average | 0.900 ± 0.020 | 0.900 ± 0.020 | 0.900 ± 0.020 | 0.900 ± 0.020 | 3 | " in table
    assert "| +0.080 [+0.035, +0.125] | **here** |" in table
    # Deviations 0.04 and 0.02: standard error √((0.0016 + 0.0004) / 3) = 0.02582; (0.02582)⁴ / ((0.0016 / 3)² / 2 +
    # (0.0004 / 3)² / 2) = 2.94 degrees of freedom, t = 3.219; half the interval 0.0831.
    assert "| +0.020 [-0.063, +0.103] = |" in table
    assert "| off | 0.850 | 0.850 | 0.850 | 0.850 | 1 | +0.030 ? |" in table
    assert "|  | max (base) | 0.820 ± 0.020 |" in table
    assert "10 of 12 trials are done" in table
    assert "± 0.100 (bootstrap)" in table
    assert json.loads(json.dumps(to_json(plan, trials)))["trials_done"] == 10


def test_the_two_arms_are_compared(taught: Recipe) -> None:
    plan = make_plan(taught, factors=["alpha"], seeds=3)
    trials = [*made_up(BASE, "", (0.88, 0.90, 0.92), DISTILLED), *made_up(BASE, "", (0.80, 0.82, 0.84))]
    with_teachers, without = arm_rows(plan, trials)
    assert (with_teachers.chosen, without.chosen) == (True, False)
    assert without.differences["auc"].value == pytest.approx(-0.08)
    assert "not done" in to_markdown(plan, trials)


def test_a_figure_is_drawn_of_an_unfinished_study(taught: Recipe, tmp_path: Path) -> None:
    plan = make_plan(taught, seeds=2)
    draw(plan, made_up(BASE, "", (0.8, 0.82)), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
