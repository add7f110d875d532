"""Where failed attempts and ended sessions are remembered, so that all workers, or all hosts, know of them."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from limits.errors import StorageError
from limits.storage import Storage, storage_from_string

from app.access.faults import LoginStoreGone
from app.ops import stores
from app.ops.health import STOPPING
from app.settings import MEMORY

STARTED = "started"
"""A file of the folder that the workers share; gunicorn.conf.py makes it when the server starts."""


class Ended(Protocol):
    """Sessions that were ended before their time."""

    def add(self, session: str) -> None:
        """Ends a session."""

    def has(self, session: str, since: float) -> bool:
        """Whether a session that began at `since` (seconds since 1970) was ended, or nobody can know any more."""


class EndedInStore:
    """In the store of the rates: a Redis, or the memory of a process that has no others beside it.

    Args:
        store: of the package limits.
        seconds: how long a session lasts at most, and so has to be remembered.
        began: when the store began to remember, seconds since 1970.
    """

    def __init__(self, store: Storage, seconds: float, began: float) -> None:
        self._store, self._seconds, self._began = store, seconds, began

    def add(self, session: str) -> None:
        """Ends a session."""
        with reached():
            self._store.incr(_name(session), int(self._seconds) + 60)

    def has(self, session: str, since: float) -> bool:
        """Whether it was ended."""
        with reached():
            return since < self._began or self._store.get(_name(session)) > 0


class EndedInFolder:
    """Empty files in the folder in memory that gunicorn's workers share. It is gone with the server, and whoever logged
    in before it started has to do so again: it cannot know who was logged out.

    Args:
        folder: of the workers.
        seconds: how long a session lasts at most.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._seconds = folder, seconds
        self._began = (folder / STARTED).stat().st_mtime

    def add(self, session: str) -> None:
        """Ends a session, and forgets those that time has ended."""
        for path in self._folder.glob("ended-*"):
            with suppress(FileNotFoundError):  # another worker was first
                if path.stat().st_mtime < time.time() - self._seconds - 60:
                    path.unlink()
        (self._folder / _name(session)).touch()

    def has(self, session: str, since: float) -> bool:
        """Whether it was ended."""
        return since < self._began or (self._folder / _name(session)).exists()


def store_of(uri: str) -> Storage:
    """The store that LESION_RATE_STORE names."""
    return storage_from_string(stores.address(uri), wrap_exceptions=True, **stores.options(uri))  # type: ignore[return-value]


def register_of_ended(uri: str, store: Storage, seconds: float) -> Ended:
    """The register that reaches as far as it has to: over all hosts, over the workers of one, or this process."""
    # Not where metrics are counted: a worker that found no room for those still has to know who logged out.
    stopping = os.environ.get(STOPPING)
    if uri == MEMORY and stopping and (Path(stopping).parent / STARTED).exists():
        return EndedInFolder(Path(stopping).parent, seconds)
    return EndedInStore(store, seconds, began=time.time() if uri == MEMORY else 0)


@contextmanager
def reached() -> Iterator[None]:
    """Raises LoginStoreGone where the store cannot be reached: nobody is let in whom it would have kept out."""
    try:
        yield
    except StorageError as error:
        raise LoginStoreGone from error


def _name(session: str) -> str:
    return f"ended-{hashlib.sha256(session.encode()).hexdigest()}"
