"""The short form of `make soak`: its traffic, its judgement, and that both find what they are for."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.soak import Sent, measure, outcome, told
from bench.soak_figure import draw
from bench.soak_traffic import Reply, Request
from tests.helpers.recorded import RECORDED

SOAK = RECORDED.with_name("soak.json")


@pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")
def test_some_seconds_of_good_and_bad_requests_are_answered_as_they_should_be(tmp_path: Path) -> None:
    found = measure(seconds=5, capacity_seconds=1.5)
    wrong = [kind for kind in found["kinds"] if kind["wrong"] or kind["lost"]]
    assert wrong == []
    assert found["all"]["right"] + found["all"]["busy"] == found["requests"] >= 10
    assert found["all"]["busy"] <= 0.1 * found["requests"]
    assert found["capacity"] > 1
    assert 50 < found["memory_mb"]["last"] < 600
    draw(found, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").stat().st_size > 5_000


def soaked(megabytes_per_request: float, slow_from: float = 2.0) -> dict:
    """As if 6,000 requests in 100 s had taken 20 ms each, and ten times as long from a share of them on."""
    sent = [Sent(number / 60, 0.2 if number > slow_from * 6000 else 0.02, "photo", "right") for number in range(6000)]
    times = np.linspace(0.1, 99.9, 200)
    return told(sent, [(float(second), 200 + megabytes_per_request * 60 * float(second)) for second in times])


def test_a_leak_and_a_slowing_down_are_seen() -> None:
    steady, leaky, slower = soaked(0), soaked(0.002), soaked(0, slow_from=0.7)
    assert abs(steady["mb_per_thousand"]) < 0.01
    assert leaky["mb_per_thousand"] == pytest.approx(2, rel=0.02)
    assert steady["p99_ms"] == [20.0] * 4
    assert slower["p99_ms"] == [20.0, 20.0, 200.0, 200.0]
    assert steady["all"] == {"sent": 6000, "right": 6000, "busy": 0, "lost": 0, "wrong": 0}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(200, "benign"), "right"),
        (Reply(200, "malignant"), "wrong"),
        (Reply(500, "internal_error"), "wrong"),
        (Reply(503, "busy"), "busy"),
        (Reply(0, ""), "lost"),
    ],
)
def test_an_answer_that_differs_from_the_first_is_wrong(reply: Reply, expected: str) -> None:
    request = Request("photo", "POST", "/api/predict", b"", {}, 200)
    assert outcome(request, Reply(200, "benign"), reply) == expected


def test_the_soaking_that_the_document_tells_of_found_nothing() -> None:
    found = json.loads(SOAK.read_text(encoding="utf-8"))
    assert found["all"]["wrong"] == found["all"]["lost"] == 0
    assert found["mb_per_thousand"] < 1
    assert found["minutes"] > 5
