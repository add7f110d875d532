"""The memory that a command needs at most, so that it can be printed."""

import threading
from types import TracebackType
from typing import Self

import psutil

SECONDS_BETWEEN = 0.1


class PeakMemory:
    """Watches this process and those that it started, while it is entered.

    What is counted is memory of their own, without mapped files: the system can drop a mapped file's pages at any time,
    and counting them would count the cache.

    Attributes:
        megabytes: the largest sum that was seen, in units of 10⁶ bytes.
    """

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        this = psutil.Process()
        while True:
            total = sum(_own_megabytes(process) for process in (this, *this.children(recursive=True)))
            self.megabytes = max(self.megabytes, total)
            if self._done.wait(SECONDS_BETWEEN):
                return


def _own_megabytes(process: psutil.Process) -> float:
    try:
        memory = process.memory_info()
    except psutil.Error:  # it ended between the listing and the question
        return 0.0
    # Only Linux tells how much of the resident memory is mapped files or shared.
    return float(memory.rss - getattr(memory, "shared", 0)) / 1e6
