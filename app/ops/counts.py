"""Counts of rate limits in this process's memory.

The library's own store starts a thread for nearly every request, to forget what has ended; that costs more than
counting. This one forgets at most once a second, while it counts.
"""

import threading
import time
from typing import Any

from limits.storage import Storage

ADDRESS = "counts://"
"""Of this store, for Flask-Limiter."""

SWEEP_SECONDS = 1.0
"""How often what has ended is forgotten."""


class Counts(Storage):
    """For fixed windows. Safe to use from any number of threads."""

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012  # as its base has it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002  # as its base has it
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._windows: dict[str, tuple[int, float]] = {}
        self._sweep = 0.0
        self._lock = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """None that could be told from a mistake of ours."""
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Adds to a key's window, which begins now and lasts `expiry` seconds where it has none. Returns its count."""
        now = time.time()
        with self._lock:
            count, end = self._windows.get(key, (0, 0.0))
            if end <= now:
                count, end = 0, now + expiry
            if self._sweep <= now:  # not for every new client, of which there may be any number
                self._windows = {other: window for other, window in self._windows.items() if window[1] > now}
                self._sweep = now + SWEEP_SECONDS
            self._windows[key] = count + amount, end
            return count + amount

    def get(self, key: str) -> int:
        """The count of a key's window; 0 where it has none."""
        count, end = self._windows.get(key, (0, 0.0))
        return count if end > time.time() else 0

    def get_expiry(self, key: str) -> float:
        """When a key's window ends, seconds since the epoch; now where it has none."""
        return max(time.time(), self._windows.get(key, (0, 0.0))[1])

    def check(self) -> bool:
        """Always there."""
        return True

    def reset(self) -> int:
        """Forgets everything. Returns how many windows there were."""
        with self._lock:
            count, self._windows = len(self._windows), {}
        return count

    def clear(self, key: str) -> None:
        """Forgets a key."""
        with self._lock:
            self._windows.pop(key, None)
