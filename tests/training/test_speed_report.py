"""What docs/speed.md says of a measurement."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.config import REPOSITORY
from training.figures.speed import draw_speed
from training.report.documents import SPEED, SPEED_FIGURE
from training.report.speed_tables import targets, targets_table


@pytest.fixture
def measured() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REPOSITORY / SPEED).read_text(encoding="utf-8"))
    return found


def verdicts(measured: dict[str, Any]) -> list[bool]:
    return [target.met for target in targets(measured)]


def test_a_target_is_met_or_missed_by_what_was_measured(measured: dict[str, Any]) -> None:
    good, bad = deepcopy(measured), deepcopy(measured)
    for found, slow in ((good, 1e-3), (bad, 1e3)):
        for name in ("one_worker", "two_workers"):
            row = found[name]["clients"]["4"]
            row["ratio"]["median"], row["rate"]["median"] = 1 / (1 + slow), 100 / slow
            row["cpu_ratio"]["median"] = 1 / (1 + slow)
        for row in found["latencies"].values():
            row["p50_ms"], row["p99_ms"] = 10 * slow, 10 * slow * (1 + 10 * slow)
        found["memory"]["2"]["worker_pss"] = found["installed"]["mb"] = 100 * slow
        found["machine"]["busy_with_others"] = 0.01
        found["cold_start"]["median"] = slow
        found["rivals"]["lesion-screening"]["rate"]["median"] = 1 / slow
        found["rivals"]["keras_mobilenet_v2"]["rate"]["median"] = 1
        found["rivals"]["lesion-screening"]["server_pss"] = slow
        found["rivals"]["keras_mobilenet_v2"]["server_pss"] = 1
    assert all(verdicts(good))
    assert not any(verdicts(bad))
    assert targets_table(bad).count("**missed**") == len(targets(bad))


def test_no_second_is_judged_where_other_programs_ran(measured: dict[str, Any]) -> None:
    measured["machine"]["busy_with_others"] = 0.5
    table = targets_table(measured)
    assert table.count("not judged") == sum(target.timed for target in targets(measured)) > 0
    assert "no second on this page means anything" in table


def test_the_committed_figure_is_the_size_of_one_drawn_anew(measured: dict[str, Any], tmp_path: Path) -> None:
    drawn = tmp_path / "speed.png"
    draw_speed(measured, drawn)
    with Image.open(drawn) as ours, Image.open(REPOSITORY / SPEED_FIGURE) as committed:
        assert ours.size == committed.size
        assert len(ours.convert("RGB").getcolors(1 << 20)) > 10
