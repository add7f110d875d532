"""A real gunicorn on a free port of this machine."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from app.config import REPOSITORY

START_SECONDS = 30


@dataclass(frozen=True)
class Server:
    """Attributes:
    url: without a trailing slash.
    process: the gunicorn master.
    log: all that it printed.
    """

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serve(
    application: str = "wsgi:app",
    under: Sequence[str] = (),
    *,
    python: str = sys.executable,
    cores: Iterable[int] | None = None,
    **settings: str,
) -> Iterator[Server]:
    """Starts gunicorn and waits until it is ready.

    Args:
        application: what it serves.
        under: a command that starts it, such as a tracer's.
        python: whose environment serves.
        cores: on which it may run; all where None.
        settings: environment variables.
    """
    command = [*under, *pinned(cores), python, "-m", "gunicorn", application]
    with running(command, free_port(), settings) as server:
        yield server


def pinned(cores: Iterable[int] | None) -> list[str]:
    """The beginning of a command that may run on these cores only; on all of them where None."""
    return [] if cores is None else ["taskset", "--cpu-list", ",".join(map(str, sorted(cores)))]


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    settings: Mapping[str, str],
    ready: str | None = "/readyz",
    patience: float = START_SECONDS,
    folder: Path = REPOSITORY,
) -> Iterator[Server]:
    """Starts a server that listens on HOST and PORT of its environment, and waits until it answers `ready` with 200.

    Where `ready` is None it is yielded at once. `folder` is the one that it runs in.
    """
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port), **settings}
    with tempfile.TemporaryDirectory() as beside:
        log = Path(beside) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            if ready is not None:
                wait_until_ready(url, process, log, ready, patience)
            yield Server(url, process, log)
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(
    url: str,
    process: "subprocess.Popen[bytes]",
    log: Path,
    ready: str = "/readyz",
    patience: float = START_SECONDS,
) -> None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{url}{ready}", timeout=5).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.05)
    raise AssertionError(f"the server is not ready; it printed:\n{log.read_text()}")


def workers_of(server: Server) -> list[int]:
    """Process ids of the workers that there are now. Linux only."""
    pid = server.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def wait_for_workers(server: Server, count: int, others_than: Sequence[int] = ()) -> list[int]:
    """Waits until there are `count` workers that have loaded the model, none of `others_than` among them."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        pids = workers_of(server)
        if len(pids) == count and not set(pids) & set(others_than) and all(map(_loaded, pids)):
            wait_until_ready(server.url, server.process, server.log)
            return pids
        time.sleep(0.05)
    raise AssertionError(f"no {count} workers; the server printed:\n{server.log.read_text()}")


def _loaded(pid: int) -> bool:
    try:
        return re.search("tflite|litert", Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")) is not None
    except OSError:
        return False
