"""The load generator of the measurements counts what it was answered, and nothing else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load import LOST, Connection, fire, form_shot, shot


class Answers(BaseHTTPRequestHandler):
    """/ok keeps the connection, /close ends it, /busy asks to come back, /lost ends it without an answer."""

    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self) -> None:
        super().setup()
        type(self).connections += 1

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert body.endswith(b"PICTURE\r\n--" + str(self.headers.get_boundary()).encode() + b"--\r\n")
        self.answer()

    def answer(self) -> None:
        if self.path == "/lost":
            self.close_connection = True
            return
        self.send_response(503 if self.path == "/busy" else 200)
        self.send_header("Content-Length", "5")
        if self.path == "/busy":
            self.send_header("Retry-After", "30")
        if self.path == "/close":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Answers.connections = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_client_keeps_its_connection_and_every_answer_is_counted(port: int) -> None:
    found = fire(port, [shot("/ok", name="get"), shot("/close")], clients=1, seconds=0.2)
    assert set(found.statuses) == {200}
    assert {reply.name for reply in found.replies} == {"get", "/close"}
    assert Answers.connections == pytest.approx(len(found.replies) / 2, abs=1)
    assert found.rate == pytest.approx(len(found.replies) / found.seconds)
    assert found.cpu_share > 0


def test_who_is_told_to_come_back_later_waits(port: int) -> None:
    found = fire(port, [shot("/busy")], clients=3, seconds=0.2)
    assert dict(found.statuses) == {503: 3}
    assert found.milliseconds == []


def test_a_connection_that_ends_without_an_answer_is_lost_and_made_again(port: int) -> None:
    connection = Connection(port)
    assert connection.ask(shot("/lost").content) == (LOST, 0.0)
    assert connection.ask(shot("/ok").content) == (200, 0.0)
    connection.close()


def test_a_form_has_the_picture_as_its_one_file(port: int) -> None:
    assert dict(fire(port, [form_shot("/ok", b"PICTURE")], clients=1, seconds=0.05).statuses).keys() == {200}
