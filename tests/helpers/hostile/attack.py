"""Sends each case to a running server with one worker, and a good picture after it, and measures. Linux only."""

import json
import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.hostile.case import Case, form, part, post, small_lesion
from tests.helpers.server import Server

ANSWER_SECONDS = 60
PROBLEM = {"type", "title", "status", "detail", "reason", "request_id"}
CHANGING = ("request_id", "timings_ms")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Attributes:
    case: what was sent.
    status: of the answer; 0 where there was none.
    fault: what is wrong with it, in a sentence; "" where all is as it must be.
    cpu_milliseconds: of the worker, in steps of 10.
    peak_mb: of the worker's resident memory, shared libraries included; 10^6 bytes.
    """

    case: Case
    status: int
    fault: str
    cpu_milliseconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Attributes:
    status: 0 where there is no answer.
    headers: names in small letters.
    body: parsed JSON; else the text.
    """

    status: int
    headers: dict[str, str]
    body: Any


def attack(server: Server, cases: Iterable[Case], every: int = 1) -> Iterator[Outcome]:
    """One outcome a case. After each, or after each few, a good picture has to be answered as it was before."""
    worker = worker_of(server)
    twins: dict[bytes, Any] = {}

    def plain(twin: bytes) -> Any:
        if twin not in twins:
            twins[twin] = unchanging(send(server, post(form(part(twin)))))
        return twins[twin]

    good = small_lesion()
    right = plain(good)
    for number, case in enumerate(cases, 1):
        if case.twin is not None:
            plain(case.twin)
        forget_peak(worker)
        before = cpu_seconds(worker)
        answer = send(server, case.request)
        computed, peak = cpu_seconds(worker) - before, peak_bytes(worker)
        fault = fault_of(case, answer, plain(case.twin) if case.twin is not None else None)
        if worker_of(server) != worker:
            fault, worker = "the worker died", worker_of(server)
        elif number % every == 0 and unchanging(send(server, post(form(part(good))))) != right:
            fault = "the next picture was not answered as before"
        yield Outcome(case, answer.status, fault, computed * 1e3, peak / 1e6)


def fault_of(case: Case, answer: Answer, twin: Any) -> str:
    """What is wrong with an answer; "" where it is a refusal in its usual form, or what the plain twin got."""
    if answer.status == 200:
        if twin is None:
            return "it was answered"
        return "" if unchanging(answer) == twin else "it was answered otherwise than the plain picture"
    if not 400 <= answer.status < 500:
        return f"status {answer.status}"
    if b" /api" not in case.request.partition(b"\r\n")[0] and str(answer.body).startswith("<!doctype html>"):
        return ""  # an error page
    if answer.headers.get("content-type") != "application/problem+json":
        return f"a refusal of type {answer.headers.get('content-type')}"
    if not isinstance(answer.body, dict) or set(answer.body) != PROBLEM or answer.body["status"] != answer.status:
        return f"a refusal of another shape: {answer.body}"
    if answer.headers.get("x-request-id") != answer.body["request_id"]:
        return "a refusal without its request id"
    return ""


def unchanging(answer: Answer) -> Any:
    """An answer without what differs each time."""
    if not isinstance(answer.body, dict):
        return answer.body
    return {name: value for name, value in answer.body.items() if name not in CHANGING}


def send(server: Server, request: bytes) -> Answer:
    """Sends bytes as they are, ends sending, and reads until the server hangs up."""
    host, port = server.url.removeprefix("http://").split(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while data := connection.recv(65_536):
                received += data
    return parsed(received)


def parsed(received: bytes) -> Answer:
    """The answer, whose body has to be as long as its head says."""
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 "):
        return Answer(0, {}, None)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    status, length = int(lines[0].split()[1]), int(headers.get("content-length", -1))
    if length not in (-1, len(body)):
        return Answer(0, headers, f"{len(body)} bytes for {length}")
    try:
        return Answer(status, headers, json.loads(body))
    except ValueError:
        return Answer(status, headers, body.decode("utf-8", "replace"))


def worker_of(server: Server) -> int:
    """The only worker's process id, as soon as there is one."""
    pid = server.process.pid
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if children := Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            return int(children[0])
        time.sleep(0.05)
    raise AssertionError("the server has no worker")


def forget_peak(pid: int | str) -> None:
    """Makes the kernel measure the peak of a process, or of "self", anew (man 5 proc: clear_refs)."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def peak_bytes(pid: int | str) -> int:
    """The largest resident memory since then."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid: int) -> float:
    """What the process has computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
