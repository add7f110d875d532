"""gunicorn's threads, for clients that are slow, broken or hostile.

gunicorn itself expects a front that buffers. Without one, a client that sends a byte now and then keeps a thread for as
long as it likes, one that does not read its answer too, and one that does not hang up stops the thread that accepts all
others, two seconds each time.

gunicorn.conf.py loads this file by its path, without the rest of the application: nothing is imported here but gunicorn
and the standard library.
"""

import errno
import json
import secrets
import selectors
import socket
import sys
import time
from collections import deque
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

PAUSE_SECONDS = 10.0
"""How long a client may pause while it sends or takes."""

GRACE_SECONDS = 10.0
"""What every request, and every answer, may take whatever its size."""

LINGER_SECONDS = 2.0
LINGER_BYTES = 65_536
"""What is waited for and forgotten after an answer, so that closing does not reset the line before it was read."""

PIECE = 65_536


STANDS_BACK_SECONDS = 0.002
MOST_SECONDS_BACK = 0.01
"""How long a worker leaves a new connection to the others, for each that it has, and at most."""


class TooSlow(ConnectionResetError):
    """The client did not keep the pace. For gunicorn a line that broke, which is nothing to log as an error."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "too slow")


class PacedSocket(socket.socket):
    """A connection of which each request and each answer has to keep a pace.

    Attributes:
        bytes_a_second: how many bytes of a request have to arrive, and of an answer have to be taken, for each second
            beyond GRACE_SECONDS; 0 where only pauses count.
    """

    bytes_a_second = 0

    @classmethod
    def of(cls, connection: socket.socket) -> "PacedSocket":
        """Takes a connection over."""
        return cls(fileno=connection.detach())

    def begin(self) -> None:
        """Starts the clock for the next request."""
        self._started, self._received = time.monotonic(), 0

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001  # socket's own signature
        """Blocks, but never for longer than PAUSE_SECONDS."""
        self.settimeout(PAUSE_SECONDS if flag else 0.0)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """What has arrived. Raises TooSlow where the request does not keep the pace."""
        timeout = self.gettimeout()
        if not timeout:
            return super().recv(bufsize, flags)
        self.settimeout(min(timeout, self._left(self._started, self._received)))
        try:
            data = super().recv(bufsize, flags)
        except TimeoutError as error:
            raise TooSlow from error
        finally:
            self.settimeout(timeout)
        self._received += len(data)
        return data

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Sends all of it. Raises TooSlow where the client does not take it at the pace."""
        timeout, started, sent = self.gettimeout(), time.monotonic(), 0
        if not timeout:
            return super().sendall(data, flags)
        view = memoryview(data).cast("B")
        try:
            while sent < len(view):
                self.settimeout(min(timeout, self._left(started, sent)))
                sent += self.send(view[sent : sent + PIECE], flags)
        except TimeoutError as error:
            raise TooSlow from error
        finally:
            self.settimeout(timeout)
        return None

    def _left(self, started: float, done: int) -> float:
        if not self.bytes_a_second:
            return PAUSE_SECONDS
        left = started + GRACE_SECONDS + done / self.bytes_a_second - time.monotonic()
        if left <= 0:
            raise TooSlow
        return left


class ProblemSocket:
    """Stands for a connection while gunicorn refuses a request: sends a problem (RFC 9457) instead of its HTML page.

    That page also quotes what the client sent.
    """

    def __init__(self, connection: Any, request_id: str) -> None:
        self._connection, self._request_id = connection, request_id

    def gettimeout(self) -> float:
        """As of one that does not block, so that gunicorn changes nothing."""
        return 0.0

    def sendall(self, page: bytes) -> None:
        """Sends the problem whose status the page has."""
        status = HTTPStatus(int(page.split(b" ", 2)[1]))
        if status == HTTPStatus.NOT_IMPLEMENTED:  # of a transfer coding that is none: no fault of the server
            status = HTTPStatus.BAD_REQUEST
        failed = status == HTTPStatus.INTERNAL_SERVER_ERROR
        body = {
            "type": "about:blank",
            "title": "The server failed" if failed else status.phrase,
            "status": status.value,
            "detail": "No result was made. Try again." if failed else "Send an ordinary HTTP/1.1 request.",
            "reason": "internal_error" if failed else "bad_request",
            "request_id": self._request_id,
        }
        content = json.dumps(body).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nX-Request-ID: {self._request_id}\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
            f"Content-Type: application/problem+json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        self._connection.settimeout(PAUSE_SECONDS)
        self._connection.sendall(head.encode("ascii") + content)


class Worker(ThreadWorker):
    """gunicorn's threads, with connections that have to keep a pace, refusals as problems, and four differences.

    A worker that stops lets go of the port at once; ThreadWorker itself keeps it until the last request is answered,
    and whoever connects meanwhile hangs, and is cut off. Connections linger in the poller after their answer, not in
    the thread that accepts. A worker in which a computation hangs gives no sign of life, so that it is replaced.
    And workers share new connections evenly.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lingering: deque[TConn] = deque()

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  # gunicorn's own signature
        """Stops listening where the worker stops."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()

    def accept(self, listener: socket.socket) -> None:
        """Takes a connection, unless a worker that has fewer is quicker.

        Connections stay where they are. Without this, one worker takes all that come in a moment, and computes for all
        of them while the others idle.
        """
        if self.cfg.workers > 1:
            time.sleep(min(MOST_SECONDS_BACK, STANDS_BACK_SECONDS * self.nr_conns))
        super().accept(listener)

    def notify(self) -> None:
        """Gives the sign of life, unless a computation does not end, which leaves this thread alive."""
        stalls = sys.modules.get("app.ops.stalls")
        if stalls is None or not stalls.stalled():
            super().notify()

    def handle(self, conn: TConn) -> Any:
        """Reads and answers one request, in a thread."""
        if not isinstance(conn.sock, PacedSocket):
            conn.sock = PacedSocket.of(conn.sock)
        conn.sock.begin()
        return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Refuses what is no request."""
        request_id = secrets.token_hex(8)
        super().handle_error(req, ProblemSocket(client, request_id), addr, exc)
        self.log.warning("refused", extra={"facts": {"request_id": request_id, "error": type(exc).__name__}})

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Keeps the connection for its next request, or lets it linger."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
            return
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.settimeout(0)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._forget, conn))
        except (OSError, ValueError, KeyError):
            self._close(conn)
            return
        conn.timeout, conn.forgotten = time.monotonic() + LINGER_SECONDS, 0
        self._lingering.append(conn)

    def murder_pending(self) -> None:
        """Closes connections that have waited or lingered for too long."""
        super().murder_pending()
        while self._lingering and self._lingering[0].timeout <= time.monotonic():
            self._let_go(self._lingering[0])

    def _forget(self, conn: TConn, _: Any) -> None:
        try:
            conn.forgotten += len(data := conn.sock.recv(PIECE))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or conn.forgotten > LINGER_BYTES:
            self._let_go(conn)

    def _let_go(self, conn: TConn) -> None:
        self._lingering.remove(conn)
        self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()
