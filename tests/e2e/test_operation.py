"""A real gunicorn under an operator's hands: stopped, crowded, watched, and killed in part."""

import contextlib
import json
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

from tests.helpers.server import Server, serve, workers_of
from tests.helpers.uploads import encoded, lesion, multipart, png_lesion, truncated_jpeg

CLIENT = "127.0.0.2"
"""An address of this machine that is not the server's own."""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def predict(server: Server, upload: bytes, name: str = "lesion.png") -> requests.Response:
    return requests.post(f"{server.url}/api/predict", files={"image": (name, upload)}, timeout=60)


@contextmanager
def half_sent(server: Server) -> Iterator[Any]:
    """A request whose picture is on its way; calling what this gives sends the rest and returns the whole answer."""
    host, port = server.url.removeprefix("http://").split(":")
    form = multipart({"image": ("lesion.png", png_lesion())})
    body = form["data"]
    head = f"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Type: {form['content_type']}\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
        time.sleep(0.5)  # until a thread has it

        def rest() -> str:
            connection.sendall(body[len(body) // 2 :])
            return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()

        yield rest


def test_on_sigterm_readiness_ends_requests_in_flight_are_answered_and_then_it_exits() -> None:
    with serve(WORKERS="2", LESION_DRAIN_SECONDS="3") as server, half_sent(server) as rest:
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        for _ in range(6):  # whichever worker is asked
            ready = requests.get(f"{server.url}/readyz", timeout=5)
            assert (ready.status_code, ready.json()) == (503, {"status": "stopping"})
        assert requests.get(f"{server.url}/healthz", timeout=5).ok
        assert predict(server, png_lesion()).status_code == 200, "while others still send here, they are served"
        time.sleep(3.5)
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{server.url}/readyz", timeout=5)
        answer = rest()
        assert answer.startswith("HTTP/1.1 200 OK")
        assert '"prediction"' in answer
        assert server.process.wait(timeout=20) == 0


def test_without_a_time_to_drain_a_request_in_flight_is_answered_all_the_same() -> None:
    with serve(WORKERS="1") as server, half_sent(server) as rest:
        server.process.terminate()
        time.sleep(1)
        assert rest().startswith("HTTP/1.1 200 OK")
        assert server.process.wait(timeout=20) == 0


def test_a_crowd_is_refused_with_503_and_retry_after_and_the_next_request_is_fine() -> None:
    photo = encoded(lesion(1, 1500, 2000), "PNG", compress_level=1)
    with serve(WORKERS="1", LESION_QUEUE="1") as server:
        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(lambda _: predict(server, photo), range(24)))
        statuses = {answer.status_code for answer in answers}
        assert statuses == {200, 503}
        for refused in (answer for answer in answers if answer.status_code == 503):
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert refused.json()["reason"] == "busy"
            assert 1 <= int(refused.headers["Retry-After"]) <= 30
        assert predict(server, png_lesion()).status_code == 200
        assert requests.get(f"{server.url}/readyz", timeout=5).ok


def counted(server: Server) -> dict[str, float]:
    """Sums by metric, as whichever worker tells them that is asked."""
    text = requests.get(f"{server.url}/metrics", timeout=10).text
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.labels.get("route", "/api/predict") == "/api/predict":
                found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


@on_linux
def test_every_worker_tells_the_counts_of_all_and_a_dead_one_s_are_not_lost() -> None:
    with serve(WORKERS="2") as server:
        for seed in range(10):
            predict(server, png_lesion(seed))
        predict(server, truncated_jpeg())
        for _ in range(8):
            found = counted(server)
            assert found["lesion_requests_total"] == 11
            assert found["lesion_assessments_total"] == 10
            assert found["lesion_refusals_total"] == 1
            assert found["lesion_workers"] == 2
            assert found["lesion_model_info"] == 1
        before = workers_of(server)
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + 30
        while len(now := workers_of(server)) != 2 or now == before or counted(server).get("lesion_workers") != 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert counted(server)["lesion_requests_total"] == 11
        assert counted(server)["lesion_assessments_total"] == 10


@on_linux
def test_interpreters_are_made_in_the_workers_and_not_before_the_fork() -> None:
    with serve(WORKERS="2") as server:
        deadline = time.monotonic() + 30
        while counted(server).get("lesion_workers") != 2:  # the first answers while the second still loads
            assert time.monotonic() < deadline
            time.sleep(0.2)
        for pid, expected in [(server.process.pid, False), *((pid, True) for pid in workers_of(server))]:
            libraries = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
            assert bool(re.search(r"tflite|litert", libraries)) == expected
            assert "cv2" in libraries, "what starts no thread is shared"
        assert len(list(Path(f"/proc/{server.process.pid}/task").iterdir())) == 1, "a fork would lose the others"


@on_linux
def test_nothing_is_left_behind() -> None:
    with serve(WORKERS="1") as server:
        open_files = set()
        for path in Path(f"/proc/{workers_of(server)[0]}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # a connection that was closed meanwhile
                open_files.add(str(path.readlink()))
        folders = {str(Path(path).parent) for path in open_files if path.endswith(".db")}
        assert len(folders) == 1
        folder = Path(folders.pop())
        assert folder.name.startswith("lesion-screening-")
    assert not folder.exists()


def test_the_log_is_json_and_holds_no_name_no_metadata_and_no_address() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, left shoulder"
    exif.get_ifd(0x8825)[0x001D] = "1970:01:02"
    photo = encoded(lesion(), "JPEG", exif=exif)
    with serve(WORKERS="1") as server:
        host, port = server.url.removeprefix("http://").split(":")
        for upload in (photo, photo[:900], b"no picture"):
            form = multipart({"image": ("Jane-Doe-1970.jpg", upload)})
            ask(host, port, "POST /api/predict?name=Jane-Doe HTTP/1.1", form["data"], form["content_type"])
        ask(host, port, "GET /Jane-Doe HTTP/1.1")
        ask(host, port, "GET /Jane-Doe HTTP/1.1\r\nBad Header Jane-Doe: x")
        ask(host, port, "JANE-DOE")
        log = server.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    others = [line for line in log.splitlines() if not line.startswith("{")]
    assert all(line.startswith("INFO: Created TensorFlow Lite") for line in others)
    answered = [line for line in lines if line.get("route") == "/api/predict"]
    assert [(line["status"], line["format"]) for line in answered] == [(200, "JPEG"), (422, None), (415, None)]
    assert [line["event"] for line in lines].count("Invalid request") >= 1
    for secret in ("Jane", "JANE", "shoulder", "1970:01:02", CLIENT):
        assert secret not in log


def ask(host: str, port: str, line: str, body: bytes = b"", content_type: str = "text/plain") -> None:
    """Sends a request from CLIENT and waits for the whole answer."""
    head = f"{line}\r\nHost: x\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection((host, int(port)), timeout=20, source_address=(CLIENT, 0)) as connection:
        connection.sendall(f"{head}\r\n".encode() + body)
        while connection.recv(65_536):
            pass


def test_a_worker_is_replaced_after_its_share_of_requests_and_no_request_is_lost() -> None:
    with serve(WORKERS="2", MAX_REQUESTS="10") as server:
        statuses = [predict(server, png_lesion(seed)).status_code for seed in range(40)]
        assert statuses == [200] * 40
        assert server.log.read_text().count("Autorestarting worker") >= 2
        assert counted(server)["lesion_requests_total"] == 40


def test_the_cookie_of_a_page_that_came_over_tls_stays_on_tls() -> None:
    with serve(WORKERS="1") as server:
        plain = requests.get(server.url, timeout=10).headers["Set-Cookie"]
        fronted = requests.get(server.url, headers={"X-Forwarded-Proto": "https"}, timeout=10).headers["Set-Cookie"]
    assert "Secure" not in plain
    assert "Secure" in fronted


@on_linux
def test_the_memory_of_large_photos_is_given_back() -> None:
    # Large when it is decoded, and a small file.
    photo = encoded(lesion(1, 490, 490).resize((4900, 4900), Image.Resampling.NEAREST), "PNG")
    with serve(WORKERS="1", LESION_QUEUE_SECONDS="120") as server:
        predict(server, png_lesion())
        before = worker_memory(server)
        with ThreadPoolExecutor(6) as threads:
            statuses = list(threads.map(lambda _: predict(server, photo).status_code, range(12)))
        assert statuses == [200] * 12
        time.sleep(1)
        assert worker_memory(server) < before + 60


def worker_memory(server: Server) -> float:
    """MB of the only worker, that no other process has."""
    lines = Path(f"/proc/{workers_of(server)[0]}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}["Private_Dirty"] / 1024
