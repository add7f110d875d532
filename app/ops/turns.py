"""A bounded queue in front of inference: past it a request is refused at once, and nothing piles up unseen.

In a worker one request at a time computes, since more would only share its core; some wait for their turn, in the order
in which they came, and the rest is told to come back. What uploads may occupy in memory is bounded in the same way.
"""

import math
import threading
import time
from collections import deque

from flask import Flask, current_app, g, has_request_context, request
from werkzeug.exceptions import ServiceUnavailable

from app.ops import metrics

TURNS = "turns"
LONGEST_RETRY = 30
"""Seconds; nobody is sent away for longer."""


class Busy(ServiceUnavailable):
    """No place is left, or the wait was too long. `retry_after` says in how many seconds to come back."""


class Turns:
    """Who computes, who waits. Safe to use from any number of threads.

    Args:
        places: how many may wait.
        patience: how long one waits, seconds.
        held_bytes: what the uploads of all requests together may have.
    """

    def __init__(self, places: int, patience: float, held_bytes: int) -> None:
        self._places, self._patience, self._free_bytes = places, patience, held_bytes
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False
        self._started = 0.0
        self._usual = 0.1
        metrics.QUEUE_PLACES.set(places)

    def enter(self) -> float:
        """Waits for the turn.

        Returns:
            Seconds that it took.

        Raises:
            Busy: no place is left, or the wait was too long.
        """
        asked = time.perf_counter()
        turn = threading.Event()
        with self._lock:
            if self._taken:
                if len(self._waiting) >= self._places:
                    raise Busy(retry_after=self._retry_after())
                self._waiting.append(turn)
                metrics.QUEUE_WAITING.inc()
            else:
                self._taken = True
                turn.set()
        if not turn.wait(self._patience):
            with self._lock:
                if turn in self._waiting:  # else it was handed over this very moment
                    self._waiting.remove(turn)
                    metrics.QUEUE_WAITING.dec()
                    raise Busy(retry_after=self._retry_after())
        self._started = time.perf_counter()
        return self._started - asked

    def leave(self) -> None:
        """Hands the turn to who has waited longest."""
        with self._lock:
            self._usual += 0.2 * (time.perf_counter() - self._started - self._usual)
            if self._waiting:
                self._waiting.popleft().set()
                metrics.QUEUE_WAITING.dec()
            else:
                self._taken = False

    def hold(self, size: int) -> None:
        """Sets memory aside for an upload of `size` bytes. Raises Busy where there is not so much."""
        with self._lock:
            if size > self._free_bytes:
                raise Busy(retry_after=self._retry_after())
            self._free_bytes -= size

    def release(self, size: int) -> None:
        """Gives back what `hold` set aside."""
        with self._lock:
            self._free_bytes += size

    def _retry_after(self) -> int:
        """Whole seconds until those who wait now are likely done."""
        return max(1, min(LONGEST_RETRY, math.ceil(self._usual * (len(self._waiting) + 1))))


def register(app: Flask, turns: Turns) -> None:
    """Sets memory aside before a body is read, and gives back memory and turn when the request ends."""
    app.extensions[TURNS] = turns

    @app.before_request
    def hold() -> None:
        chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
        most = request.max_content_length or 0
        size = most if chunked else request.content_length or 0
        if 0 < size <= most:  # what is larger is refused unread
            turns.hold(size)
            g.held_bytes = size

    @app.teardown_request
    def give_back(_: BaseException | None) -> None:
        turns.release(g.pop("held_bytes", 0))
        if g.pop("turn_waited", None) is not None:
            turns.leave()


def take_turn() -> None:
    """Waits until this request may compute; from then on it may, until it ends. Nothing to wait for outside of one.

    Raises:
        Busy: too many wait already, or it was too long.
    """
    if has_request_context() and "turn_waited" not in g:
        # At once: who has a turn and does not note it never gives it back.
        g.turn_waited = current_app.extensions[TURNS].enter()
        metrics.PART_SECONDS.labels("wait").observe(g.turn_waited)
