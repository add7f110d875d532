"""A team of processes on this machine: one interpreter each, and one that dies takes nothing with it but its chunk."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from app.bulk.errors import BulkError
from app.bulk.files import Listed
from app.bulk.picture import Answer, answer
from app.bulk.setup import Setup, screener_for
from app.bulk.work import KEPT_BYTES, Chunk
from app.ops.machine import give_memory_back
from app.screening.decode import DecodeLimits
from app.screening.screener import Screener

AHEAD = 2
"""Chunks that a process has: one in work, and one so that it never waits."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a process needs to know.

    Attributes:
        setup: of the run, which the process compares with its own.
        bundle: the folder of the model.
        limits: of a file.
        heat_maps: folder for heat maps; empty for none.
    """

    setup: Setup
    bundle: Path
    limits: DecodeLimits
    heat_maps: str = ""


@dataclass(slots=True)
class _Process:
    """One process and what it has been given, in order."""

    executor: ProcessPoolExecutor
    ready: "Future[int]"
    given: "deque[tuple[Future[list[Answer]], Chunk]]" = field(default_factory=deque)


class Processes:
    """A team of `jobs` processes; a context.

    Each has an executor of its own, so that a death concerns one process: one executor of several would lose the work
    of all, and not say whose picture it was. They are spawned, since an interpreter does not outlive a fork.
    """

    def __init__(self, job: Job, jobs: int) -> None:
        """Starts them; none is waited for."""
        self._job = job
        self._spare: deque[Chunk] = deque()
        self._team = [self._started() for _ in range(jobs)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the processes; where the run is broken off, at once."""
        for process in self._team:
            if error is not None:
                for child in list((process.executor._processes or {}).values()):  # noqa: SLF001 - there is no other way
                    child.kill()
            process.executor.shutdown(wait=error is None, cancel_futures=True)

    def room(self) -> int:
        """How many more chunks the processes take."""
        return sum(AHEAD - len(process.given) for process in self._team) - len(self._spare)

    def submit(self, chunk: Chunk) -> None:
        """Gives a chunk to the process that has least."""
        self._give(min(self._team, key=lambda process: len(process.given)), chunk)

    def finished(self) -> list[tuple[Chunk, list[Answer] | None]]:
        """Waits for chunks. Raises BulkError where a process cannot even start."""
        wait([future for process in self._team for future, _ in process.given], return_when=FIRST_COMPLETED)
        found: list[tuple[Chunk, list[Answer] | None]] = []
        for place, process in enumerate(self._team):
            while process.given and process.given[0][0].done():
                future, chunk = process.given.popleft()
                try:
                    found.append((chunk, future.result()))
                except BrokenProcessPool:
                    # It works in order, so that this is what it had; the rest it had not begun.
                    found.append((chunk, None))
                    self._spare.extend(later for _, later in process.given)
                    self._team[place] = self._replaced(process)
                    break
        while self._spare and any(len(process.given) < AHEAD for process in self._team):
            self.submit(self._spare.popleft())
        return found

    def _give(self, process: _Process, chunk: Chunk) -> None:
        try:
            process.given.append((process.executor.submit(_screen, chunk.files), chunk))
        except BrokenProcessPool as error:  # it died meanwhile, and `finished` finds out
            future: Future[list[Answer]] = Future()
            future.set_exception(error)
            process.given.append((future, chunk))

    def _started(self) -> _Process:
        executor = ProcessPoolExecutor(
            1, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(self._job,)
        )
        return _Process(executor, executor.submit(os.getpid))

    def _replaced(self, process: _Process) -> _Process:
        """Another process in its place. Raises BulkError where this one never came as far as to work."""
        process.executor.shutdown(wait=False)
        if process.ready.exception() is not None:
            raise BulkError(
                "A process for screening cannot start; the lines above may say why. Is there memory for each? "
                "Try fewer --jobs; the same command goes on where it stopped."
            )
        return self._started()


_SCREENER: list[tuple[Screener, Job]] = []
"""Of a process of the team, one entry."""


def _begin(job: Job) -> None:
    """Makes this process one of the team."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group, and the parent has the say
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    give_memory_back(KEPT_BYTES)
    _SCREENER[:] = [(screener_for(job.setup, job.bundle, job.limits), job)]


def _end_with_the_parent() -> None:
    """Nobody tells a child that its parent was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _screen(files: Sequence[Listed]) -> list[Answer]:
    screener, job = _SCREENER[0]
    return [answer(screener, file, job.heat_maps or None) for file in files]
