"""gunicorn's worker of this application: clients that are too slow, and refusals of what is no request."""

import socket
import sys
import threading
import time
from collections.abc import Iterator

import pytest

if sys.platform == "win32":
    pytest.skip("gunicorn needs Unix", allow_module_level=True)

from app.ops import worker
from app.ops.worker import PacedSocket, ProblemSocket, TooSlow
from tests.helpers.hostile.attack import PROBLEM, parsed


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PacedSocket, socket.socket]]:
    """The server's end, which asks for 1 kB a second after 0.2 s, and the client's."""
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(PacedSocket, "bytes_a_second", 1000)
    ours, theirs = socket.socketpair()
    paced = PacedSocket.of(ours)
    paced.setblocking(True)  # noqa: FBT003  # socket's own signature
    paced.begin()
    with paced, theirs:
        yield paced, theirs


def test_a_client_that_keeps_the_pace_is_read_to_its_end(pair: tuple[PacedSocket, socket.socket]) -> None:
    paced, client = pair
    received = b""
    for _ in range(6):
        client.sendall(b"x" * 200)
        time.sleep(0.1)  # 2 kB a second, three times as long as the grace
        received += paced.recv(4096)
    assert len(received) == 1200
    assert paced.gettimeout() == worker.PAUSE_SECONDS


def test_a_client_that_sends_a_byte_now_and_then_is_given_up(pair: tuple[PacedSocket, socket.socket]) -> None:
    paced, client = pair
    started = time.monotonic()

    def drip() -> None:
        for _ in range(50):
            client.sendall(b"x")
            time.sleep(0.02)
            paced.recv(4096)

    with pytest.raises(TooSlow):
        drip()
    assert 0.2 <= time.monotonic() - started < 0.8


def test_a_client_that_stops_sending_is_given_up(pair: tuple[PacedSocket, socket.socket]) -> None:
    with pytest.raises(TooSlow):
        pair[0].recv(1)


def test_without_a_rate_only_pauses_count(
    pair: tuple[PacedSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PacedSocket, "bytes_a_second", 0)
    paced, client = pair
    for _ in range(6):
        client.sendall(b"x")
        time.sleep(0.1)
        assert paced.recv(1) == b"x"
    with pytest.raises(TooSlow):
        paced.recv(1)


def test_the_next_request_has_its_own_clock(pair: tuple[PacedSocket, socket.socket]) -> None:
    paced, client = pair
    time.sleep(0.3)
    client.sendall(b"x")
    with pytest.raises(TooSlow):
        paced.recv(1)
    paced.begin()
    assert paced.recv(1) == b"x"


def test_an_answer_that_nobody_takes_is_given_up_and_a_large_one_arrives_whole(
    pair: tuple[PacedSocket, socket.socket],
) -> None:
    paced, client = pair
    large = bytes(range(256)) * 20_000
    received: list[bytes] = []

    def take() -> None:
        while sum(map(len, received)) < len(large):
            received.append(client.recv(1 << 16))

    reader = threading.Thread(target=take)
    reader.start()
    paced.sendall(large)
    reader.join(10)
    assert b"".join(received) == large
    with pytest.raises(TooSlow):
        paced.sendall(large)


@pytest.mark.parametrize(("told", "status"), [(400, 400), (431, 431), (501, 400), (500, 500)])
def test_gunicorn_s_own_page_leaves_as_a_problem_that_quotes_nothing(
    pair: tuple[PacedSocket, socket.socket], told: int, status: int
) -> None:
    paced, client = pair
    ProblemSocket(paced, "ab12").sendall(f"HTTP/1.1 {told} X\r\n\r\n<html>Jane Doe</html>".encode())
    received = client.recv(65_536)
    answer = parsed(received)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert set(answer.body) == PROBLEM
    assert (answer.body["status"], answer.body["request_id"], answer.headers["x-request-id"]) == (
        status,
        "ab12",
        "ab12",
    )
    assert b"Jane" not in received
