"""Photos leave no trace: no byte, no name and no metadata of a picture reaches disk, log, metrics or an answer.

The same pictures go to a real server twice: under a limit by which no process of it can write into any file, and before
that as it is, watched by strace where there is one. Each kind of request has the same outcome both times.
"""

import base64
import io
import os
import re
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pypdf
import pytest
import requests

from app.config import REPOSITORY
from tests.helpers.faulty import HEADER
from tests.helpers.marked import METADATA, NAME, SECRETS, metadata_of
from tests.helpers.recorded import record
from tests.helpers.server import serve, wait_for_workers, workers_of
from tests.helpers.traced import STRACE, calls, mapped_for_writing, no_file_grows, opened_for_writing, tracer
from tests.helpers.traffic import PICTURES, SMALL, Client, Outcome, traffic

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sets limits of running processes, looks into /proc")

WORKERS = 2
OWN_FILES = re.compile(r"/dev/null|/dev/shm/(lesion-screening-|wgunicorn-).*|.*\.pyc(\.\d+)?|.*/__pycache__")
"""What the server may open for writing: its metrics, gunicorn's heartbeat, Python's own cache at the start."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Outcomes as it is and under the limit, and what the server left."""

    free: dict[str, Outcome]
    limited: dict[str, Outcome]
    log: bytes
    metrics: bytes
    shared: bytes
    core_limits: list[str]
    calls: list[bytes]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("traces")
    trace = folder / "calls"
    # With core dumps allowed, so that it is the server itself that forbids them.
    under = ["sh", "-c", 'ulimit -S -c $(ulimit -H -c); exec "$@"', "sh", *(tracer(trace) if STRACE else [])]
    with serve("tests.helpers.faulty:app", under, WORKERS=str(WORKERS), LESION_RATE_LIMIT="off") as server:
        pids = wait_for_workers(server, WORKERS)
        client = Client(server)
        free = {words: send() for words, send in traffic(client).items()}
        log = server.log.read_bytes()
        with no_file_grows([server.process.pid, *pids]):
            limited = {words: send() for words, send in traffic(client).items()}
        metrics = requests.get(f"{server.url}/metrics", timeout=10).content
        shared = b"".join(path.read_bytes() for path in shared_folder(pids[0]).iterdir())
        core_limits = [core_limit(pid) for pid in (server.process.pid, *pids)]
        crash(client)
        log += server.log.read_bytes()[len(log) :]
    if STRACE:
        wait_for_end(trace)
    return Watched(free, limited, log, metrics, shared, core_limits, calls(trace) if STRACE else [])


def shared_folder(pid: int) -> Path:
    """Where the workers' metrics are."""
    files = (path.readlink() for path in Path(f"/proc/{pid}/fd").iterdir())
    return next(path.parent for path in files if path.suffix == ".db")


def core_limit(pid: int) -> str:
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    (found,) = re.findall(r"Max core file size +\S+ +(\S+)", limits)
    return str(found)


def crash(client: Client) -> None:
    """Ends the workers as a fault in a library does, while they have a picture in memory."""
    pids = workers_of(client.server)
    with ThreadPoolExecutor(2 * WORKERS) as threads:
        for _ in range(2 * WORKERS):
            threads.submit(client.api, SMALL, **{HEADER: "interpreter=stall"})
        time.sleep(0.5)
        for pid in pids:
            os.kill(pid, signal.SIGSEGV)
    wait_for_workers(client.server, WORKERS, others_than=pids)


def wait_for_end(trace: Path) -> None:
    """Until the tracer has written all: its file does not grow any more."""
    size = -1
    while size != (size := trace.stat().st_size):
        time.sleep(0.3)


def assert_without(content: bytes, secrets: tuple[bytes, ...], where: str) -> None:
    found = [secret[:40] for secret in secrets if secret in content]
    assert not found, f"{where} holds {found}"


PIECES = tuple(piece for picture in PICTURES for piece in picture.traces())


def test_everything_works_the_same_where_nothing_can_be_written(watched: Watched) -> None:
    for words, outcome in watched.free.items():
        assert watched.limited[words].statuses == outcome.statuses, words
    statuses = {status for outcome in watched.free.values() for status in outcome.statuses}
    assert {200, 400, 413, 415, 422, 500} <= statuses
    for words, outcome in watched.free.items():
        tried = 2 * len(outcome.statuses)
        record(
            "traces", words, tried=tried, status=", ".join(str(s or "none") for s in outcome.statuses), found="nothing"
        )


def test_log_metrics_and_what_the_workers_share_hold_nothing_of_a_picture(watched: Watched) -> None:
    assert watched.log.count(b'"event": "request"') >= len(watched.free)
    assert b"lesion_requests_total" in watched.metrics
    assert len(watched.shared) > 100_000
    for where, content in (("log", watched.log), ("metrics", watched.metrics), ("shared", watched.shared)):
        assert_without(content, (*SECRETS, *PIECES), where)


def test_no_answer_holds_metadata_or_bytes_of_the_file(watched: Watched) -> None:
    for words, outcome in watched.free.items():
        for answer in outcome.answers:
            assert_without(answer, (*METADATA, *PIECES), words)


def test_the_name_of_a_file_goes_back_only_where_several_are_told_apart_or_printed(watched: Watched) -> None:
    named = {words for words, outcome in watched.free.items() if any(NAME.encode() in a for a in outcome.answers)}
    assert named == {"API, a batch", "page, several pictures", "CSV"}


def test_re_encoded_pictures_have_no_metadata(watched: Watched) -> None:
    found = 0
    for outcome in watched.free.values():
        for answer in outcome.answers:
            for encoded in re.findall(rb"data:image/(?:jpeg|png);base64,([A-Za-z0-9+/=]{200,})", answer):
                assert metadata_of(base64.b64decode(encoded)) == {}
                found += 1
    assert found >= 10
    report = watched.free["PDF"].answers[0]
    (picture,) = pypdf.PdfReader(io.BytesIO(report[report.index(b"%PDF") :])).pages[0].images
    assert metadata_of(picture.data) == {}
    assert metadata_of(SMALL.content), "what is looked for is found where it is"


def test_a_crash_writes_no_core(watched: Watched) -> None:
    assert b"SIGSEGV" in watched.log
    assert not list(REPOSITORY.glob("core*"))
    assert watched.core_limits
    assert set(watched.core_limits) <= {"0", "1"}


@pytest.mark.skipif(not STRACE, reason="strace is not installed; the limit above holds without it")
def test_strace_sees_no_file_but_the_server_s_own_and_nothing_of_a_picture_in_any(watched: Watched) -> None:
    assert len(watched.calls) > 1000
    assert {path for path in opened_for_writing(watched.calls) if not OWN_FILES.fullmatch(path)} == set()
    assert {path for path in mapped_for_writing(watched.calls) if not OWN_FILES.fullmatch(path)} == set()
    for line in watched.calls:
        assert_without(line, (*SECRETS, *PIECES), "a call")
