"""Measures the application beside what somebody would take instead: each pinned to core 0, its clients on core 1."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.config import REPOSITORY
from bench.footprint import first_answer, of_workers
from bench.load import Shot, fire, form_shot, gunner
from bench.pictures import USUAL, picture
from bench.pipeline import spread
from bench.processes import memory
from bench.served import SETTINGS, percentiles
from tests.helpers.server import Server, free_port, pinned, running

CLIENTS = 4
"""Enough to keep one worker busy."""

PATIENCE = 180.0


@dataclass(frozen=True, slots=True)
class Rival:
    """Attributes:
    name: in the table.
    command: that starts it; {port} stands for its port.
    settings: of its environment.
    path: that takes the picture.
    ready: that answers 200 once it serves.
    starts: how many cold starts are measured.
    folder: that it runs in.
    """

    name: str
    command: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict)
    path: str = "/predict"
    ready: str = "/"
    starts: int = 1
    folder: Path = REPOSITORY

    @property
    def shot(self) -> Shot:
        """Its request."""
        return form_shot(self.path, picture(USUAL))

    @contextmanager
    def served(self) -> Iterator[Server]:
        """Starts it on core 0."""
        port = free_port()
        command = [*pinned([0]), *(part.format(port=port) for part in self.command)]
        with running(command, port, self.settings, self.ready, PATIENCE, self.folder) as server:
            yield server

    def alone(self, clients: ProcessPoolExecutor, seconds: float) -> dict[str, float]:
        """Without the others beside it: seconds from its start to its first answer, and its memory after work."""
        starts = [first_answer(self.command, self.settings, self.shot, self.folder) for _ in range(self.starts)]
        with self.served() as server:
            clients.submit(fire, server.port, [self.shot], CLIENTS, seconds).result()
            return {"cold_start": round(statistics.median(starts), 2), **_memory(server)}


def rivals(python: str, models: Path) -> list[Rival]:
    """The application first. TensorFlow and FastAPI are in the environment of the tests."""
    gunicorn = ("-m", "gunicorn", "--workers", "1", "--bind", "127.0.0.1:{port}")
    uvicorn = ("-m", "uvicorn", "--log-level", "warning", "--port", "{port}", "bench.rivals.fast_api:app")
    return [
        Rival(
            "lesion-screening", (python, "-m", "gunicorn", "wsgi:app"), {"WORKERS": "1", **SETTINGS},
            "/api/predict", "/readyz", 3,
        ),
        Rival("fastapi", (sys.executable, *uvicorn), starts=3),
        *(
            Rival(
                f"keras_{name}", (sys.executable, *gunicorn, "--timeout", "120", "keras_demo:app"),
                {"MODEL": str(models / f"{name}.keras"), "TF_CPP_MIN_LOG_LEVEL": "3"}, folder=Path(__file__).parent,
            )
            for name in ("mobilenet_v2", "resnet50")
        ),
    ]  # fmt: skip


def compare(python: str, rounds: int, seconds: float) -> dict[str, Any]:
    """By name: answers a second, latency, memory of all its processes, time from the start to the first answer."""
    with TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "bench.rivals.models", folder], check=True, capture_output=True)
        entries = rivals(python, Path(folder))
        rates: dict[str, list[float]] = {entry.name: [] for entry in entries}
        single: dict[str, list[float]] = {entry.name: [] for entry in entries}
        with gunner([1]) as clients:
            with ExitStack() as stack:
                ports = {entry.name: stack.enter_context(entry.served()).port for entry in entries}
                for turn in range(rounds + 1):  # the first warms up
                    for entry in entries:
                        one = clients.submit(fire, ports[entry.name], [entry.shot], 1, seconds / 2).result()
                        full = clients.submit(fire, ports[entry.name], [entry.shot], CLIENTS, seconds).result()
                        if turn:
                            single[entry.name] += one.milliseconds
                            rates[entry.name].append(full.rate)
            return {
                entry.name: {
                    "rate": spread(rates[entry.name]),
                    **percentiles(single[entry.name]),
                    **entry.alone(clients, seconds),
                }
                for entry in entries
            }


def _memory(server: Server) -> dict[str, float]:
    """Of the worker and of all; a server without workers of its own is its own worker."""
    try:
        return of_workers(server)
    except ValueError:
        alone = {name: round(mb, 1) for name, mb in memory(server.process.pid).items()}
        return {"worker_rss": alone["rss"], "worker_pss": alone["pss"], "server_pss": alone["pss"]}
