"""What a server takes before it answers and while it does: memory, time from the start, size of what is installed."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.config import REPOSITORY
from bench.load import Connection, Shot, fire, form_shot, gunner
from bench.pictures import USUAL, picture
from bench.pipeline import spread
from bench.processes import memory, pss_together, workers_of
from bench.served import SETTINGS
from tests.helpers.server import Server, free_port, running, serve

WORKERS = (1, 2, 4)
STARTS = 7
START_PATIENCE = 180.0


def worker_memory(python: str, seconds: float) -> dict[str, Any]:
    """MB of the workers and of all together, by number of workers, after `seconds` of eight clients each."""
    found = {}
    shots = [form_shot("/api/predict", picture(USUAL))]
    with gunner([0, 1]) as clients:
        for workers in WORKERS:
            with serve(python=python, WORKERS=str(workers), **SETTINGS) as server:
                clients.submit(fire, server.port, shots, 8 * workers, seconds).result()
                found[str(workers)] = of_workers(server)
    return found


def of_workers(server: Server) -> dict[str, float]:
    """MB of the largest worker, and of the server as a whole, master included."""
    each = [memory(pid) for pid in workers_of(server.process.pid)]
    return {
        "worker_rss": round(max(found["rss"] for found in each), 1),
        "worker_pss": round(max(found["pss"] for found in each), 1),
        "server_pss": round(pss_together(server.process.pid), 1),
    }


def cold_starts(python: str) -> dict[str, float]:
    """Seconds from the start of gunicorn, with one worker on all cores, to its first answer about a picture."""
    command = [python, "-m", "gunicorn", "wsgi:app"]
    shot = form_shot("/api/predict", picture(USUAL))
    seconds = [first_answer(command, {"WORKERS": "1", **SETTINGS}, shot) for _ in range(STARTS + 1)]
    return spread(seconds[1:])  # the first finds no compiled files


def first_answer(command: Sequence[str], settings: dict[str, str], shot: Shot, folder: Path = REPOSITORY) -> float:
    """Seconds until a server that is started now in a folder answers a shot with 200; {port} stands for its port."""
    port = free_port()
    begun = time.perf_counter()
    with running([part.format(port=port) for part in command], port, settings, ready=None, folder=folder) as server:
        connection = Connection(port)
        while connection.ask(shot.content)[0] != 200:
            if server.process.poll() is not None or time.perf_counter() > begun + START_PATIENCE:
                raise AssertionError(f"no answer; the server printed:\n{server.log.read_text()}")
            time.sleep(0.002)
        found = time.perf_counter() - begun
        connection.close()
    return found


def installed(python: str) -> dict[str, Any]:
    """MB (10^6 bytes) of the environment that serves, all of it, and of its largest packages."""
    asked = "import sys, sysconfig; print(sys.prefix, sysconfig.get_path('purelib'), sep='\\n')"
    answer = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.splitlines()
    whole, packages = map(Path, answer)
    sizes = {path.name: _megabytes(path) for path in packages.iterdir()}
    return {
        "mb": round(_megabytes(whole), 1),
        "largest": {name: round(sizes[name], 1) for name in sorted(sizes, key=lambda name: -sizes[name])[:6]},
    }


def _megabytes(path: Path) -> float:
    files = [path, *path.rglob("*")]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink()) / 1e6
