"""Everything hostile, sent to a running server: refused or answered as the plain picture, and nothing stays behind."""

import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from app.config import REPOSITORY
from tests.helpers.hostile import corpus
from tests.helpers.hostile.attack import Outcome, attack, parsed, worker_of
from tests.helpers.hostile.case import form, part, post, small_lesion
from tests.helpers.hostile.names import SECRET
from tests.helpers.server import Server, serve
from training.report.documents import HOSTILE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

MOST_MB = 250
MOST_CPU_MILLISECONDS = 3000
"""Of a machine that does other things too; docs/security.md has the times of one that does not."""

EVERY = 6
"""After so many cases a good picture is sent; `make attack` sends one after each."""


def files_in(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


def open_files(pid: int) -> set[str]:
    """Regular files that a process has open."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = entry.readlink()
        except FileNotFoundError:  # closed meanwhile
            continue
        if target.is_file():
            found.add(str(target))
    return found


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[Outcome], set[str], str]]:
    """The outcomes, what was left on the disk, and the log."""
    folder = tmp_path_factory.mktemp("temporary")
    memory = Path("/dev/shm")  # noqa: S108  # where the server's own files are
    with serve(WORKERS="1", LESION_RATE_LIMIT="off", TMPDIR=str(folder)) as server:
        before, opened = files_in(folder) | files_in(memory), open_files(worker_of(server))
        outcomes = list(attack(server, corpus(), every=EVERY))
        others = {path for path in files_in(memory) if "lesion-screening" not in path}
        left = (files_in(folder) | others) - before | (open_files(worker_of(server)) - opened)
        yield outcomes, left, server.log.read_text()


def test_nothing_hostile_is_answered_otherwise_than_the_plain_picture(
    attacked: tuple[list[Outcome], set[str], str],
) -> None:
    outcomes = attacked[0]
    assert len(outcomes) >= 300
    assert {outcome.case.name: outcome.fault for outcome in outcomes if outcome.fault} == {}
    assert sum(outcome.status != 200 for outcome in outcomes) > 500


def test_nothing_hostile_takes_long_or_much_memory(attacked: tuple[list[Outcome], set[str], str]) -> None:
    slow = {o.case.name: o.cpu_milliseconds for o in attacked[0] if o.cpu_milliseconds > MOST_CPU_MILLISECONDS}
    large = {o.case.name: round(o.peak_mb) for o in attacked[0] if o.peak_mb > MOST_MB}
    assert (slow, large) == ({}, {})


def test_nothing_hostile_leaves_a_trace(attacked: tuple[list[Outcome], set[str], str]) -> None:
    _, left, log = attacked
    assert left == set()
    assert SECRET.decode() not in log
    assert "Traceback" not in log
    assert '"event": "failed"' not in log
    assert "X-Injected" not in log


def test_the_table_in_the_documents_is_of_this_corpus_and_within_the_limits(
    attacked: tuple[list[Outcome], set[str], str],
) -> None:
    rows = json.loads((REPOSITORY / HOSTILE).read_text(encoding="utf-8"))["kinds"]
    assert {row["kind"]: row["tried"] for row in rows} == Counter(outcome.case.kind for outcome in attacked[0])
    assert all(row["refused"] + row["as_plain"] == row["tried"] for row in rows)
    assert max(row["processor_ms"] for row in rows) < 1000
    assert max(row["largest_mb"] for row in rows) < MOST_MB


def connected(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_clients_that_do_not_hang_up_keep_nobody_waiting() -> None:
    with serve(WORKERS="1", THREADS="4") as server, ExitStack() as stack:
        lingering = [stack.enter_context(connected(server)) for _ in range(8)]
        for client in lingering:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(0.3)
        started = time.monotonic()
        assert requests.get(f"{server.url}/healthz", timeout=30).ok
        assert time.monotonic() - started < 2, "each of them has stopped the server for two seconds"
        for client in lingering:
            assert client.recv(65_536).startswith(b"HTTP/1.1 200")


def test_clients_that_stall_or_send_a_byte_a_second_are_given_up_and_the_others_are_served() -> None:
    """In the body, in its chunks and in the head; as many as there are threads but two."""
    whole = post(form(part(small_lesion())))
    head, _, body = whole.partition(b"\r\n\r\n")
    chunked = head.replace(b"Content-Length", b"X-Length") + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    starts = {
        "a body that stalls": (head + b"\r\n\r\n" + body[:100], b""),
        "a body": (head + b"\r\n\r\n", body),
        "chunks": (chunked, b"1\r\na\r\n" * 100),
        "a head": (b"POST /api/predict HTTP/1.1\r\n", b"X-A: b\r\n" * 100),
        "a head that stalls": (b"POST /api/pre", b""),
    }
    with serve(WORKERS="1", THREADS="7") as server, ExitStack() as stack:
        clients = {name: stack.enter_context(connected(server)) for name in starts}
        answers = dict.fromkeys(starts, b"")
        for name, client in clients.items():
            client.sendall(starts[name][0])
            client.settimeout(0.02)
        started = time.monotonic()
        waiting = set(starts)
        while waiting and time.monotonic() - started < 20:
            for name in sorted(waiting):
                sent = int(time.monotonic() - started)
                try:
                    clients[name].sendall(starts[name][1][sent : sent + 1])
                    received = clients[name].recv(65_536)
                except TimeoutError:
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    received = b""
                answers[name] += received
                if not received:
                    waiting.discard(name)
            assert requests.get(f"{server.url}/healthz", timeout=5).ok
            time.sleep(0.9)
        assert waiting == set()
        for name in ("a body that stalls", "a body", "chunks"):
            answer = parsed(answers[name])
            assert (answer.status, answer.body["reason"]) == (408, "not_received")
        assert requests.post(f"{server.url}/api/predict", files={"image": small_lesion()}, timeout=20).ok


def test_a_wrong_pace_is_a_sentence_and_no_start() -> None:
    from tests.e2e.test_served import start_and_fail

    result = start_and_fail(LESION_MIN_RATE_KB="fast")
    assert result.returncode != 0
    assert "LESION_MIN_RATE_KB must be a whole number from 0 on" in result.stderr
