"""Files to answers by a team of processes, here or on a cluster. What dies with its process is tried again, alone."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from app.bulk.files import Listed
from app.bulk.picture import WORKER_DIED, Answer, failure

KEPT_BYTES = 16 << 20
"""Memory that a process may keep from picture to picture."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Files that one process screens one after the other.

    Attributes:
        files: them.
        tried: whether a process has died over them before.
    """

    files: tuple[Listed, ...]
    tried: bool = False


class Team(Protocol):
    """Processes that screen."""

    def room(self) -> int:
        """How many more chunks it takes now, so that nobody waits for work and little is in flight."""

    def submit(self, chunk: Chunk) -> None:
        """Takes a chunk. Only where there is room."""

    def finished(self) -> list[tuple[Chunk, list[Answer] | None]]:
        """Waits for chunks that are finished: each with its answers, or None where its process died.

        A chunk that no process had begun when its own died is no such chunk: the team sees to it.

        Raises:
            BulkError: the team cannot go on.
        """


def answers(files: Iterable[Listed], team: Team, chunk_size: int) -> Iterator[list[Answer]]:
    """Screens all files, in no order; each is in exactly one of the lists.

    Args:
        files: read as the team has room, never all at once.
        team: ready.
        chunk_size: files that a process is given at a time.

    Raises:
        BulkError: the team cannot go on.
    """
    remaining = iter(files)
    again: deque[Chunk] = deque()
    in_flight = 0
    while True:
        for _ in range(team.room()):
            chunk = again.popleft() if again else Chunk(tuple(islice(remaining, chunk_size)))
            if not chunk.files:
                break
            team.submit(chunk)
            in_flight += 1
        if not in_flight:
            return
        for chunk, found in team.finished():
            in_flight -= 1
            if found is not None:
                yield found
            elif chunk.tried:
                yield [_died(file) for file in chunk.files]
            else:
                again.extend(Chunk((file,), tried=True) for file in chunk.files)


def _died(file: Listed) -> Answer:
    return failure(
        file,
        WORKER_DIED,
        "The process that screened it died, twice; the picture may need more memory than there is. "
        "Run the command again with fewer --jobs, or look at the picture.",
    )
