"""What the server leans on is gone: the reader of its log, and the Redis that counts."""

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.helpers.recorded import record
from tests.helpers.server import serve
from tests.helpers.uploads import png_lesion

READS_ONE_LINE = ["bash", "-c", 'exec "$@" 2> >(head -n 1 > /dev/null)', "bash"]
"""Starts a command whose standard error nobody reads any more after its first line."""


@contextmanager
def silent_redis() -> Iterator[str]:
    """The address of something that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.skipif(sys.platform == "win32", reason="starts bash")
def test_without_a_reader_of_the_log_and_with_a_silent_redis_it_answers_as_always() -> None:
    with (
        silent_redis() as store,
        serve(under=READS_ONE_LINE, WORKERS="1", LESION_RATE_STORE=store, LESION_RATE_LIMIT="20/minute") as server,
    ):
        answers, longest = [], 0.0
        for _ in range(21):
            started = time.monotonic()
            answers.append(
                requests.post(f"{server.url}/api/predict", files={"image": ("a.png", png_lesion())}, timeout=30)
            )
            longest = max(longest, time.monotonic() - started)
        assert [answer.status_code for answer in answers] == [200] * 20 + [429], "counted in memory meanwhile"
        assert len({str(answer.json()["classes"]) for answer in answers[:20]}) == 1
        assert longest < 10
        assert server.process.poll() is None
        assert requests.get(f"{server.url}/readyz", timeout=10).ok
    record(
        "processes",
        "Redis silent, or gone",
        tried=21,
        client="right answers, and 429 past the limit",
        log="not looked at: nobody reads it in this test",
        afterwards="each process counts for itself; the Redis is asked again after 1 s, 2 s, 4 s ...",
    )
    record(
        "processes",
        "nobody reads the log (EPIPE)",
        tried=21,
        client="right answers",
        log="lines are lost",
        afterwards="as before",
    )
