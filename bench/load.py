"""Load on a running server: clients that keep their connections, in a process of their own, and what they saw.

Plain sockets and requests that are written out beforehand: a client's own work is some hundredths of a millisecond a
request, a library's would be several tenths, which the server may need. How much processor it took is told with the
result. A client that is told to come back waits as long as Retry-After says.
"""

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context

TIMEOUT_SECONDS = 60
LOST = 0
"""The status of a request whose connection ended before its answer."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A request, ready to be sent.

    Attributes:
        name: by which it is told apart in the result.
        content: the bytes, head and body.
    """

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """Attributes:
    name: of the shot.
    status: of the answer; LOST where none came.
    milliseconds: from the first byte sent to the last one received.
    """

    name: str
    status: int
    milliseconds: float


@dataclass(slots=True)
class Salvo:
    """What the clients saw together.

    Attributes:
        replies: one a request, in no order.
        seconds: that it took.
        cpu_seconds: processor time of the clients' process.
    """

    replies: list[Reply] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def statuses(self) -> Counter[int]:
        """How many of each status."""
        return Counter(reply.status for reply in self.replies)

    @property
    def milliseconds(self) -> list[float]:
        """Of the requests that were answered with 200."""
        return [reply.milliseconds for reply in self.replies if reply.status == 200]

    @property
    def rate(self) -> float:
        """Answers with 200 a second."""
        return len(self.milliseconds) / self.seconds

    @property
    def cpu_share(self) -> float:
        """Of one core, that the clients took."""
        return self.cpu_seconds / self.seconds


def shot(
    path: str, body: bytes = b"", content_type: str = "image/jpeg", *, name: str = "", headers: Iterable[str] = ()
) -> Shot:
    """A GET, or a POST where there is a body; `headers` are whole lines beside the usual ones."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: localhost", *headers]
    if body:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    return Shot(name or path, "\r\n".join([*lines, "", ""]).encode("ascii") + body)


def form_shot(path: str, picture: bytes, *, name: str = "") -> Shot:
    """A POST of a multipart form with one file, as a browser or curl sends it."""
    boundary = "----bench-5a1c0f3e"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n'
    body = (
        f"{head}Content-Type: image/jpeg\r\n\r\n".encode("ascii") + picture + f"\r\n--{boundary}--\r\n".encode("ascii")
    )
    return shot(path, body, f"multipart/form-data; boundary={boundary}", name=name)


def fire(port: int, shots: Sequence[Shot], clients: int, seconds: float) -> Salvo:
    """Sends the shots in turn from `clients` threads of this process, each on its own connection, for `seconds`.

    A request that was begun is waited for. Each client begins at another shot, so that they do not march in step.
    """
    found = Salvo()
    begun, cpu = time.perf_counter(), time.process_time()
    until = begun + seconds

    def client(number: int) -> None:
        replies: list[Reply] = []
        connection = Connection(port)
        for turn in count(number):
            if time.perf_counter() >= until:
                break
            chosen = shots[turn % len(shots)]
            started = time.perf_counter()
            status, wait = connection.ask(chosen.content)
            replies.append(Reply(chosen.name, status, (time.perf_counter() - started) * 1e3))
            if wait:
                time.sleep(max(0.0, min(wait, until - time.perf_counter())))
        connection.close()
        found.replies += replies  # atomic

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found.seconds, found.cpu_seconds = time.perf_counter() - begun, time.process_time() - cpu
    return found


@contextmanager
def gunner(cores: Iterable[int]) -> Iterator[ProcessPoolExecutor]:
    """A process of its own on these cores, to which `fire` and other work can be submitted."""
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_pin, initargs=(set(cores),)) as process:
        process.submit(os.getpid).result()  # started, before anything is timed
        yield process


def _pin(cores: set[int]) -> None:
    os.sched_setaffinity(0, cores)


class Connection:
    """A connection that is kept, and made again when the server ends it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, content: bytes) -> tuple[int, float]:
        """The status of the answer, and for how many seconds the server asks not to come back."""
        fresh = self._socket is None
        try:
            return self._asked(content)
        except OSError:
            self.close()
            if fresh:
                return LOST, 0.0
        try:  # the server may have ended an idle connection at any time
            return self._asked(content)
        except OSError:
            self.close()
            return LOST, 0.0

    def close(self) -> None:
        """Ends it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _asked(self, content: bytes) -> tuple[int, float]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), TIMEOUT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError):  # who refuses early may stop reading; its answer is there to be read
            self._socket.sendall(content)
        received = bytearray()
        while (end := received.find(b"\r\n\r\n")) < 0:
            self._receive(received)
        head = received[:end].decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        while len(received) < end + 4 + int(fields["content-length"]):
            self._receive(received)
        if fields.get("connection") == "close":
            self.close()
        return int(head.split(" ", 2)[1]), float(fields.get("retry-after", 0))

    def _receive(self, received: bytearray) -> None:
        chunk = self._socket.recv(65_536) if self._socket else b""
        if not chunk:
            raise ConnectionResetError
        received += chunk
