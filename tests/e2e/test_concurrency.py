"""Many at once, while workers come and go: each answer is bit for bit the one that the picture gets alone.

A request that is not answered was refused: its connection, or with 503. LESION_PICTURES makes it a long test.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from app.api.answers import prediction
from app.screening.screener import Screener
from tests.helpers.recorded import record
from tests.helpers.server import Server, serve, wait_for_workers, workers_of
from tests.helpers.uploads import encoded, lesion

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc for the workers")

THREADS = 8
EACH = int(os.environ.get("LESION_PICTURES", "20"))
"""Pictures that each thread sends; no two are the same."""

FEWER = max(8, EACH // 4)
"""Where workers come and go meanwhile."""

OF_ITS_OWN = ("request_id", "timings_ms")
"""What differs from one answer to the next."""

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def answered(screener: Screener) -> list[tuple[bytes, Answer]]:
    """Pictures with what one thread gets for one after the other, without a server. The gate refuses none of them."""
    found: list[tuple[bytes, Answer]] = []
    for seed in count():
        picture = encoded(lesion(seed, 100, 130), "PNG")
        answer = comparable(as_sent(screener, picture))
        if answer["classes"]:
            found.append((picture, answer))
        if len(found) == THREADS * EACH:
            return found
    raise AssertionError


@pytest.fixture(scope="module")
def pictures(answered: list[tuple[bytes, Answer]]) -> list[bytes]:
    return [picture for picture, _ in answered]


@pytest.fixture(scope="module")
def alone(answered: list[tuple[bytes, Answer]]) -> list[Answer]:
    return [answer for _, answer in answered]


def as_sent(screener: Screener, picture: bytes) -> Answer:
    from app.api.schemas import Prediction

    sent: Answer = Prediction().dump(prediction(screener.screen(picture), screener.bundle, ""))
    return sent


def comparable(answer: Answer) -> Answer:
    return {name: value for name, value in answer.items() if name not in OF_ITS_OWN}


def send_all(server: Server, pictures: list[bytes], alone: list[Answer], meanwhile: Callable[[], None]) -> Counter[str]:
    """What became of each picture: `the same`, `refused`, or `wrong`.

    Args:
        server: running; `meanwhile` is called while it answers.
        pictures: sent by THREADS threads at a time.
        alone: what each of them gets alone.
    """

    def send(number: int) -> str:
        try:
            files = {"image": ("a.png", pictures[number])}
            answer = requests.post(f"{server.url}/api/predict", files=files, timeout=60)
        except requests.ConnectionError:
            return "refused"
        if answer.status_code == 503:
            return "refused"
        return "the same" if answer.ok and comparable(answer.json()) == alone[number] else "wrong"

    with ThreadPoolExecutor(THREADS) as threads:
        waiting = [threads.submit(send, number) for number in range(len(pictures))]
        waiting[len(pictures) // 4].result()
        meanwhile()
        return Counter(future.result() for future in waiting)


@contextmanager
def running(**settings: str) -> Iterator[Server]:
    with serve(WORKERS="2", LESION_RATE_LIMIT="off", **settings) as server:
        wait_for_workers(server, 2)
        yield server


@pytest.fixture(scope="module")
def steady() -> Iterator[Server]:
    with running(MAX_REQUESTS="0") as server:
        yield server


def test_many_threads_get_what_one_gets(steady: Server, pictures: list[bytes], alone: list[Answer]) -> None:
    assert len({str(answer["classes"]) for answer in alone}) == len(alone), "so that a mix-up shows"
    found = send_all(steady, pictures, alone, lambda: None)
    assert found == {"the same": len(pictures)}
    record("concurrency", "nothing", pictures=len(pictures), same=found["the same"], refused=0, wrong=0)


def test_while_workers_are_replaced_after_so_many_requests(pictures: list[bytes], alone: list[Answer]) -> None:
    few = pictures[: THREADS * FEWER]
    with running(MAX_REQUESTS=str(len(few) // 4)) as server:
        found = send_all(server, few, alone, lambda: None)
        assert server.log.read_text().count("Autorestarting worker") >= 2
    assert found["wrong"] == 0
    assert found["the same"] >= 0.95 * len(few)
    record(
        "concurrency",
        "workers replaced (`MAX_REQUESTS`)",
        pictures=len(few),
        same=found["the same"],
        refused=found["refused"],
        wrong=0,
    )


def test_while_the_server_is_reloaded(steady: Server, pictures: list[bytes], alone: list[Answer]) -> None:
    few, before = pictures[: THREADS * FEWER], workers_of(steady)
    found = send_all(steady, few, alone, lambda: steady.process.send_signal(signal.SIGHUP))
    wait_for_workers(steady, 2, others_than=before)
    assert found["wrong"] == 0
    assert found["the same"] >= 0.95 * len(few)
    record(
        "concurrency", "reloaded (SIGHUP)", pictures=len(few), same=found["the same"], refused=found["refused"], wrong=0
    )


def test_while_the_server_stops(steady: Server, pictures: list[bytes], alone: list[Answer]) -> None:
    few, ended = pictures[: THREADS * FEWER], threading.Event()

    def stop() -> None:
        steady.process.terminate()
        time.sleep(0.2)
        ended.set()

    found = send_all(steady, few, alone, stop)
    assert ended.is_set()
    assert steady.process.wait(timeout=30) == 0
    assert found["wrong"] == 0
    assert found["the same"] >= len(few) // 4
    assert found["refused"] > 0
    record(
        "concurrency", "stopped (SIGTERM)", pictures=len(few), same=found["the same"], refused=found["refused"], wrong=0
    )


def test_connections_that_come_together_are_shared_by_the_workers() -> None:
    with serve(WORKERS="2") as server, ExitStack() as stack:
        workers = wait_for_workers(server, 2)  # one that still starts accepts nothing
        before = [sockets_of(pid) for pid in workers]
        address = urlsplit(server.url)
        for _ in range(12):
            connection = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=10))
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        more = [0]
        for _ in range(50):
            more = [sockets_of(pid) - count for pid, count in zip(workers, before, strict=True)]
            if sum(more) >= 11:  # one that asked whether the server is ready may have ended meanwhile
                break
            time.sleep(0.05)
        assert min(more) >= 2, more


def sockets_of(pid: int) -> int:
    """How many sockets a process has open."""
    links = [entry.readlink() for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
    return sum(str(link).startswith("socket:") for link in links)
