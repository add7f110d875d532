"""Soaks a server: good and bad requests at 80 % of what it can take, for as long as one has time.

`python -m bench.soak --minutes 20` writes docs/figures/soak.json and soak.png; `python -m training report` makes the
table in docs/security.md of it. Linux only.

Requests leave at times drawn beforehand (a Poisson process), whether or not earlier ones have been answered, and a
latency counts from that time on: a server that stops for a second cannot hide it by not being asked meanwhile.
"""

import argparse
import json
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from app.config import REPOSITORY
from bench.processes import pss_together
from bench.soak_figure import draw
from bench.soak_traffic import Reply, Request, mixture, send
from tests.helpers.server import Server, serve, wait_for_workers

OUT = REPOSITORY / "docs" / "figures" / "soak.json"
LOAD = 0.8
"""Of the capacity."""

WORKERS = 2
CLIENTS = 16
"""Of those that measure the capacity, each of which sends its next request when the last is answered."""

MOST_AT_ONCE = 64
SETTINGS = {"WORKERS": str(WORKERS), "LESION_RATE_LIMIT": "off", "MAX_REQUESTS": "0"}
"""No worker is replaced, so that a leak shows."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Attributes:
    due: seconds from the beginning on at which it was to leave.
    seconds: from then to its answer.
    kind: of the request.
    outcome: `right`, `busy`, `lost` (no answer at all) or `wrong`.
    """

    due: float
    seconds: float
    kind: str
    outcome: str


def capacity(server: Server, requests: Sequence[Request], shares: Sequence[float], seconds: float) -> float:
    """Requests a second that the server answers while CLIENTS clients do not wait between theirs."""
    ends, random = time.monotonic() + seconds, np.random.default_rng(0)
    orders = random.choice(len(requests), size=(CLIENTS, 100_000), p=shares)

    def work(order: Sequence[int]) -> int:
        for number, chosen in enumerate(order):
            if time.monotonic() > ends:
                return number
            send(server.url, requests[chosen])
        raise AssertionError

    with ThreadPoolExecutor(CLIENTS) as threads:
        return sum(threads.map(work, orders)) / seconds


def soak(
    server: Server, requests: Sequence[Request], shares: Sequence[float], rate: float, seconds: float
) -> list[Sent]:
    """Sends `rate` requests a second, on average, for so many seconds.

    An answer is right where it has its status and says what the first answer to the same request said.
    """
    random = np.random.default_rng(1)
    dues = np.cumsum(random.exponential(1 / rate, size=round(rate * seconds)))
    chosen = random.choice(len(requests), size=len(dues), p=shares)
    first = [send(server.url, request) for request in requests]
    begins = time.monotonic()

    def work(due: float, number: int) -> Sent:
        time.sleep(max(0.0, begins + due - time.monotonic()))
        reply = send(server.url, requests[number])
        return Sent(
            due, time.monotonic() - begins - due, requests[number].kind, outcome(requests[number], first[number], reply)
        )

    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        return list(threads.map(work, dues.tolist(), chosen.tolist()))


def outcome(request: Request, first: Reply, reply: Reply) -> str:
    """Of one request."""
    if reply.status == 0:
        return "lost"
    if reply.status == 503:
        return "busy"
    return "right" if reply.status == request.status and reply.said == first.said else "wrong"


def measure(seconds: float, capacity_seconds: float) -> dict[str, Any]:
    """All of it, JSON-ready."""
    with serve(**SETTINGS) as server:
        wait_for_workers(server, WORKERS)
        requests, shares = mixture(server.url)
        most = capacity(server, requests, shares, capacity_seconds)
        readings: list[tuple[float, float]] = []
        done, begins = threading.Event(), time.monotonic()

        def read() -> None:
            while not done.wait(0.5):
                readings.append((time.monotonic() - begins, pss_together(server.process.pid)))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            sent = soak(server, requests, shares, LOAD * most, seconds)
        finally:
            done.set()
            reader.join()
    return {
        "workers": WORKERS,
        "cores": len(os.sched_getaffinity(0)),
        "capacity": round(most, 1),
        **told(sent, readings),
    }


def told(sent: Sequence[Sent], readings: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """What a soaking showed: counts by kind, latencies by quarter, memory and its slope, and a series to be drawn.

    Args:
        sent: by the time at which they were due.
        readings: (seconds, MB of all processes together).
    """
    dues, latencies = np.array([entry.due for entry in sent]), np.array([entry.seconds for entry in sent])
    length = float(dues[-1])
    quarters = [latencies[(dues >= length * part / 4) & (dues < length * (part + 1) / 4)] * 1e3 for part in range(4)]
    times, megabytes = np.array(readings).T
    settled = times > length / 4
    answered = np.searchsorted(dues, times[settled]) / 1e3
    slope = float(np.polyfit(answered, megabytes[settled], 1)[0])
    kinds = list(dict.fromkeys(entry.kind for entry in sent))
    edges = np.linspace(0, length, 61)
    return {
        "minutes": round(length / 60, 2),
        "requests": len(sent),
        "kinds": [
            {"kind": kind, **_outcomes([entry for entry in sent if entry.kind == kind])} for kind in sorted(kinds)
        ],
        "all": _outcomes(sent),
        "median_ms": [round(float(np.median(quarter)), 1) for quarter in quarters],
        "p99_ms": [round(float(np.percentile(quarter, 99)), 1) for quarter in quarters],
        "memory_mb": {"first": round(float(megabytes[0]), 1), "last": round(float(megabytes[-1]), 1)},
        "mb_per_thousand": round(slope, 3),
        "series": [
            {
                "minute": round(float(end) / 60, 3),
                "p99_ms": _or_none(latencies[(dues >= start) & (dues < end)] * 1e3),
                "mb": _or_none(megabytes[(times >= start) & (times < end)]),
            }
            for start, end in pairwise(edges)
        ],
    }


def _outcomes(sent: Sequence[Sent]) -> dict[str, int]:
    found = [entry.outcome for entry in sent]
    return {"sent": len(found), **{name: found.count(name) for name in ("right", "busy", "lost", "wrong")}}


def _or_none(values: "np.ndarray[Any, Any]") -> float | None:
    return round(float(np.percentile(values, 99)), 1) if len(values) else None


def main() -> None:
    """Reads the command line, soaks, writes and draws."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    found = measure(given.minutes * 60, capacity_seconds=15)
    given.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(found, given.out.with_suffix(".png"))
    print(json.dumps({name: value for name, value in found.items() if name not in ("series", "kinds")}, indent=1))


if __name__ == "__main__":
    main()
