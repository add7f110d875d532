"""A team that screens in this process, one chunk at a time, and may break off."""

from collections import deque
from types import TracebackType
from typing import Self

from app.bulk.picture import Answer, answer
from app.bulk.work import Chunk
from app.screening.screener import Screener


class Stopped(Exception):
    """What stands for whatever ends a process in mid-run."""


class Inline:
    """A team of one, that is this process; a context.

    Attributes:
        screened: the paths that it screened, in order.
    """

    def __init__(self, screener: Screener, stop_after: int | None = None) -> None:
        """`stop_after`: so many files, and then it raises Stopped."""
        self.screened: list[str] = []
        self._screener = screener
        self._stop_after = stop_after
        self._given: deque[Chunk] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def room(self) -> int:
        return 2 - len(self._given)

    def submit(self, chunk: Chunk) -> None:
        self._given.append(chunk)

    def finished(self) -> list[tuple[Chunk, list[Answer] | None]]:
        chunk = self._given.popleft()
        if self._stop_after is not None and len(self.screened) >= self._stop_after:
            raise Stopped
        self.screened += [file.path for file in chunk.files]
        return [(chunk, [answer(self._screener, file) for file in chunk.files])]
