"""The pipeline itself, in process: what one core can do, and where the time goes. A server is held to this limit."""

import statistics
import time
from dataclasses import dataclass
from functools import cache

import numpy as np

from app.config import DEFAULT_BUNDLE
from app.screening.runtime import installed_backends
from app.screening.screener import Screener

WARM_UP = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """Attributes:
    rate: predictions a second.
    cpu_ms: processor time of each, milliseconds.
    """

    rate: float
    cpu_ms: float


@cache
def _screener() -> Screener:
    return Screener.from_folder(DEFAULT_BUNDLE)


def what_runs() -> dict[str, str]:
    """The model and its runtime."""
    bundle = _screener().bundle
    return {"model": f"{bundle.name} {bundle.version}", "runtime": installed_backends()[0]}


def pace(upload: bytes, seconds: float) -> Pace:
    """Screens one upload again and again, one after the other."""
    screener = _screener()
    for _ in range(WARM_UP):
        screener.screen(upload)
    begun, cpu, count = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < begun + seconds:
        screener.screen(upload)
        count += 1
    return Pace(count / (time.perf_counter() - begun), (time.process_time() - cpu) / count * 1e3)


def parts(upload: bytes, repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each part and of the whole: median, 10th and 90th percentile."""
    screener = _screener()
    table: dict[str, list[float]] = {}
    for turn in range(WARM_UP + repeats):
        started = time.perf_counter()
        timings = screener.screen(upload).timings_ms
        whole = (time.perf_counter() - started) * 1e3
        if turn >= WARM_UP:
            rest = {"rest": whole - sum(timings.values()), "whole": whole}
            for part, duration in (timings | rest).items():
                table.setdefault(part, []).append(duration)
    return {part: spread(durations) for part, durations in table.items()}


def spread(values: list[float]) -> dict[str, float]:
    """Median, and the 10th and 90th percentile."""
    low, high = np.percentile(values, (10, 90))
    return {"median": round(statistics.median(values), 3), "low": round(float(low), 3), "high": round(float(high), 3)}
