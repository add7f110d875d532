"""The same over HTTP, beside the pipeline on the same cores: answers a second, latencies, and what the clients took."""

import statistics
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.load import Salvo, fire, form_shot, gunner
from bench.pictures import SIZES, USUAL, picture
from bench.pipeline import pace, spread
from bench.processes import cpu_seconds, workers_of
from tests.helpers.server import Server, serve

CLIENTS = (1, 4, 16, 64)
SETTINGS = {"LESION_RATE_LIMIT": "1000000/minute", "MAX_REQUESTS": "0", "PYTHONDONTWRITEBYTECODE": ""}
"""Limits are counted as always, and never reached; compiled files are kept, as they are where it is installed."""


@dataclass(slots=True)
class Series:
    """Rounds of one number of clients: values of each round, and all latencies."""

    rates: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    pipeline_cpu_ms: list[float] = field(default_factory=list)
    client_shares: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, salvo: Salvo, server_seconds: float, limit: float, pipeline_cpu_ms: float) -> None:
        """Adds a round, and how fast the pipeline was just before it."""
        self.rates.append(salvo.rate)
        self.ratios.append(salvo.rate / limit)
        self.cpu_ms.append(server_seconds / len(salvo.milliseconds) * 1e3)
        self.pipeline_cpu_ms.append(pipeline_cpu_ms)
        self.client_shares.append(salvo.cpu_share)
        self.milliseconds += salvo.milliseconds
        self.statuses += salvo.statuses

    def table(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "rate": spread(self.rates),
            "ratio": spread(self.ratios),
            "server_cpu_ms": spread(self.cpu_ms),
            "cpu_ratio": spread([own / served for own, served in zip(self.pipeline_cpu_ms, self.cpu_ms, strict=True)]),
            "client_cpu_share": spread(self.client_shares),
            **percentiles(self.milliseconds),
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
        }


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """Median and 99th percentile."""
    return {
        "p50_ms": round(statistics.median(milliseconds), 2),
        "p99_ms": round(float(np.percentile(milliseconds, 99)), 2),
        "requests": len(milliseconds),
    }


def throughput(python: str, workers: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Rounds of the pipeline and of the server in turn.

    With one worker, it and the pipeline have core 0 and the clients core 1. With two, all share both cores: what the
    clients take then, the server lacks; their share is told.
    """
    cores = range(workers)
    upload, shots = picture(USUAL), [form_shot("/api/predict", picture(USUAL))]
    series = {clients: Series() for clients in CLIENTS}
    limits: list[float] = []
    with ExitStack() as stack:
        pipelines = [stack.enter_context(gunner([core])) for core in cores]
        clients_process = stack.enter_context(gunner([1] if workers == 1 else cores))
        server = stack.enter_context(serve(python=python, cores=cores, WORKERS=str(workers), **SETTINGS))
        clients_process.submit(fire, server.port, shots, 4 * workers, 1.0).result()
        for _ in range(rounds):
            for clients in CLIENTS:
                limit, cpu_ms = _limit(pipelines, upload, seconds)
                limits.append(limit)
                before = _used(server)
                salvo = clients_process.submit(fire, server.port, shots, clients, seconds).result()
                series[clients].add(salvo, _used(server) - before, limit, cpu_ms)
    return {
        "pipeline_rate": spread(limits),
        "clients": {str(clients): found.table() for clients, found in series.items()},
    }


def latencies(python: str, rounds: int, seconds: float) -> dict[str, Any]:
    """One client, one worker on another core, by size of the picture."""
    found: dict[str, list[float]] = {size: [] for size in SIZES}
    with gunner([1]) as client, serve(python=python, cores=[0], WORKERS="1", **SETTINGS) as server:
        for turn in range(rounds + 1):  # the first warms up
            for size in SIZES:
                shots = [form_shot("/api/predict", picture(size))]
                salvo = client.submit(fire, server.port, shots, 1, seconds if turn else 0.5).result()
                if turn:
                    found[size] += salvo.milliseconds
    return {size: percentiles(milliseconds) for size, milliseconds in found.items()}


def _limit(pipelines: list[ProcessPoolExecutor], upload: bytes, seconds: float) -> tuple[float, float]:
    paces = [run.result() for run in [process.submit(pace, upload, seconds) for process in pipelines]]
    return sum(found.rate for found in paces), statistics.mean(found.cpu_ms for found in paces)


def _used(server: Server) -> float:
    return sum(map(cpu_seconds, workers_of(server.process.pid)))
