"""A real gunicorn whose parts hang, whose workers die, whose disk and memory are full and whose log is gone.

One server for all: each test leaves it as it found it. What it looked like to a client stands in docs/security.md.
"""

import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.helpers.faulty import HEADER
from tests.helpers.recorded import record
from tests.helpers.server import Server, serve, wait_for_workers, workers_of
from tests.helpers.uploads import encoded, lesion, png_lesion

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sets limits of running processes, looks into /proc")

WORKERS = 2
TIMEOUT = 2
"""Seconds, instead of gunicorn.conf.py's 30."""

ROOM = 30_000_000
"""Bytes of address space that a worker has left where memory is short."""


@pytest.fixture(scope="module")
def bundle(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, to be damaged."""
    return Path(shutil.copytree(bundle_folder, tmp_path_factory.mktemp("served") / "bundle"))


@pytest.fixture(scope="module")
def faulty(bundle: Path) -> Iterator[Server]:
    settings = {"GUNICORN_CMD_ARGS": f"--timeout {TIMEOUT}", "WORKERS": str(WORKERS), "LESION_RATE_LIMIT": "off"}
    with serve("tests.helpers.faulty:app", LESION_BUNDLE=str(bundle), **settings) as server:
        wait_for_workers(server, WORKERS)
        yield server


@pytest.fixture(scope="module")
def right(faulty: Server) -> object:
    """The classes that the drawn lesion gets."""
    return ask(faulty).json()["classes"]


def ask(server: Server, upload: bytes | None = None, **headers: str) -> requests.Response:
    files = {"image": ("Jane-Doe.png", upload or png_lesion())}
    return requests.post(f"{server.url}/api/predict", files=files, headers=headers, timeout=30)


def seen(server: Server, upload: bytes | None = None, **headers: str) -> str:
    """What one request looks like to its client, in a word."""
    try:
        answer = ask(server, upload, **headers)
    except requests.ConnectionError:
        return "closed connection"
    return str(answer.status_code if answer.ok else f"{answer.status_code} {answer.json()['reason']}")


@contextmanager
def limited(pids: list[int], limit: int, value: int) -> Iterator[None]:
    """Sets a limit of running processes."""
    before = [resource.prlimit(pid, limit, (value, resource.prlimit(pid, limit)[1])) for pid in pids]
    try:
        yield
    finally:
        for pid, was in zip(pids, before, strict=True):
            if Path(f"/proc/{pid}").exists():
                resource.prlimit(pid, limit, was)


def address_space(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def test_a_library_that_hangs_ends_its_worker_and_another_takes_its_place(faulty: Server, right: object) -> None:
    before = workers_of(faulty)
    kinds = {"stall": "a library hangs", "stall with the lock": "a library hangs and keeps Python's lock"}
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(lambda kind: seen(faulty, **{HEADER: f"interpreter={kind}"}), kinds))
    assert found == ["closed connection"] * 2
    deadline = time.monotonic() + 30
    while "WORKER TIMEOUT" not in faulty.log.read_text() or len(set(before) & set(workers_of(faulty))) == WORKERS:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert ask(faulty).json()["classes"] == right
    for words in kinds.values():
        record("processes", words, tried=1, client="closed connection", log="WORKER TIMEOUT", afterwards="a new worker")


def test_a_worker_that_is_killed_takes_its_requests_along_and_nothing_else(faulty: Server, right: object) -> None:
    wait_for_workers(faulty, WORKERS)
    before = workers_of(faulty)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(seen, faulty, **{HEADER: "interpreter=stall"}) for _ in range(4)]
        time.sleep(0.7)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert {future.result() for future in waiting} == {"closed connection"}
    wait_for_workers(faulty, WORKERS, others_than=before)
    assert ask(faulty).json()["classes"] == right
    assert "Perhaps out of memory?" in faulty.log.read_text()
    record(
        "processes",
        "worker killed (SIGKILL) in mid-request",
        tried=4,
        client="closed connection",
        log="Worker was sent SIGKILL",
        afterwards="a new worker",
    )


def test_a_full_disk_costs_log_lines_and_counts_and_no_answer(faulty: Server, right: object) -> None:
    wait_for_workers(faulty, WORKERS)
    before = workers_of(faulty)
    with limited([faulty.process.pid, *before], resource.RLIMIT_FSIZE, 0):  # no file may grow by a byte
        length = faulty.log.stat().st_size
        assert [ask(faulty).json()["classes"] for _ in range(6)] == [right] * 6
        assert faulty.log.stat().st_size == length
        os.kill(before[0], signal.SIGKILL)
        after = wait_for_workers(faulty, WORKERS, others_than=before[:1])
        assert [ask(faulty).json()["classes"] for _ in range(6)] == [right] * 6
        assert requests.get(f"{faulty.url}/metrics", timeout=5).ok
        assert faulty.process.poll() is None
    new = next(pid for pid in after if pid not in before)
    resource.prlimit(new, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert ask(faulty).json()["classes"] == right
    record(
        "processes",
        "disk and shared memory full",
        tried=12,
        client="right answers",
        log="lines are lost",
        afterwards="lines again; a worker that started meanwhile counts for itself",
    )


def test_too_little_memory_for_a_picture_is_an_error_of_the_server(faulty: Server, right: object) -> None:
    pids = wait_for_workers(faulty, WORKERS)
    large = encoded(lesion(1, 600, 600).resize((4900, 4900)), "PNG", compress_level=1)
    most = max(map(address_space, pids)) + ROOM
    with limited(pids, resource.RLIMIT_AS, most):
        found = [seen(faulty, large) for _ in range(3)]
        assert set(found) <= {"500 internal_error", "closed connection"}
    wait_for_workers(faulty, WORKERS)
    assert ask(faulty).json()["classes"] == right
    record(
        "processes",
        "too little memory for a picture (RLIMIT_AS)",
        tried=3,
        client="500 internal_error, or a closed connection",
        log="failed: MemoryError, or the worker's end",
        afterwards="as before",
    )


def wait_until_gone(pids: list[int], seconds: float = 10) -> None:
    """Gunicorn's master ends right after it has killed what was left of its workers."""
    deadline = time.monotonic() + seconds
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"workers outlive the server: {left}"
        time.sleep(0.05)


def test_a_model_that_changes_under_a_running_server_is_never_loaded(
    faulty: Server, bundle: Path, right: object
) -> None:
    before, model = wait_for_workers(faulty, WORKERS), bundle / "model.tflite"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    assert ask(faulty).json()["classes"] == right, "the verified one is in memory"
    faulty.process.send_signal(signal.SIGHUP)
    answers = list(until_refused(faulty))
    assert all(answer.json()["classes"] == right for answer in answers)
    assert faulty.process.wait(timeout=30) != 0
    wait_until_gone(before)
    assert "model.tflite was changed: its SHA-256 is" in faulty.log.read_text()
    record(
        "processes",
        "a byte of the model changed under a running server, then a new worker",
        tried=1,
        client="right answers, then refused connections",
        log="model.tflite was changed: its SHA-256 is ...",
        afterwards="the server has stopped, and does not start with that file",
    )


def until_refused(server: Server) -> Iterator[requests.Response]:
    """Answers, one after the other, as long as there are any."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            yield ask(server)
        except requests.ConnectionError:
            return
