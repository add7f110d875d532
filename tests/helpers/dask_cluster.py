"""A real Dask cluster of processes on this machine."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.config import REPOSITORY
from tests.helpers.server import free_port

START_SECONDS = 180
ENVIRONMENT = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
"""As docs/bulk.md says: nobody looks at the profile that a worker draws of itself a hundred times a second."""


@dataclass
class DaskCluster:
    """Attributes:
    address: of the scheduler.
    folder: for logs and for what the workers write.
    scheduler: its process.
    workers: of one thread each.
    """

    address: str
    folder: Path
    scheduler: "subprocess.Popen[bytes]"
    workers: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def add_worker(self) -> None:
        """Starts a worker that is not watched by a nanny, so that one that is killed is gone."""
        place = self.folder / f"worker-{len(self.workers)}"
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(place)]
        self.workers.append(_started(place.with_suffix(".log"), "worker", self.address, *options))

    def logs(self) -> str:
        """All that scheduler and workers printed."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))


@contextmanager
def dask_cluster(folder: Path, workers: int) -> Iterator[DaskCluster]:
    """Starts a scheduler and workers on loopback; they may still be starting when this is entered."""
    port = free_port()
    log = folder / "scheduler.log"
    scheduler = _started(log, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    cluster = DaskCluster(f"tcp://127.0.0.1:{port}", folder, scheduler)
    try:
        for _ in range(workers):
            cluster.add_worker()
        deadline = time.monotonic() + START_SECONDS
        while "Scheduler at:" not in log.read_text():
            assert time.monotonic() < deadline, cluster.logs()
            time.sleep(0.05)
        yield cluster
    finally:
        for process in (*cluster.workers, scheduler):
            process.kill()
            process.wait()


def _started(log: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **ENVIRONMENT},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
