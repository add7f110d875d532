"""A computation that does not end: who notices, so that the process is replaced.

A call into a library that hangs leaves the rest of its worker alive: it would go on to receive requests, and refuse
each of them as busy after its wait, for ever. So what computes says that it does, and the worker gives gunicorn no sign
of life while one computation has run for long: gunicorn's timeout then ends the worker and starts another.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONG_SECONDS = 1.0
"""From which on a computation holds back the sign of life; gunicorn's timeout counts from there."""

_started: dict[int, float] = {}


@contextmanager
def computing() -> Iterator[None]:
    """Around what this thread computes: one picture, one file. May be nested; the outermost counts."""
    thread = threading.get_ident()
    if thread in _started:
        yield
        return
    _started[thread] = time.monotonic()
    try:
        yield
    finally:
        del _started[thread]


def stalled() -> bool:
    """Whether a computation has run for longer than LONG_SECONDS."""
    now = time.monotonic()
    return any(now - started > LONG_SECONDS for started in list(_started.values()))
