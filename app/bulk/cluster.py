"""A team on a Dask cluster that runs already. Dask schedules and does a lost worker's work again: none of it is here.

Pictures are read where they lie, by the workers. The model is sent once to each worker, whenever it joins, and is
verified there; a worker whose code or packages would answer otherwise is refused.
"""

import asyncio
import hashlib
import logging
import os
import queue
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from distributed import Client, Future, KilledWorker, TimeoutError, Worker, WorkerPlugin, get_worker  # noqa: A004

from app.bulk import stores
from app.bulk.errors import BulkError
from app.bulk.files import Listed
from app.bulk.picture import Answer, answer
from app.bulk.processes import Job
from app.bulk.setup import SetupDiffers, bundle_files, screener_for
from app.bulk.work import KEPT_BYTES, Chunk
from app.ops.machine import give_memory_back
from app.screening.bundle import BundleRejected
from app.screening.screener import Screener

AHEAD = 2
"""Chunks for each thread of a worker: one in work, and one so that it never waits."""

CONNECT_SECONDS = 15
WORKERS_SECONDS = 60
"""How long a cluster may take to bring its first worker."""

LOOK_SECONDS = 2.0
"""How often to look whether workers came or went, and whether the scheduler is still there."""


_SCREENERS: dict[str, Screener] = {}
_LOCK = threading.Lock()
"""Of a worker's process: the screeners of the models that it was sent, by the setup's key."""


class Model(WorkerPlugin):
    """Gives each worker its screener. It is pickled, so that a worker that joins later has it too."""

    def __init__(self, job: Job) -> None:
        """Reads the bundle, to be sent. Raises BundleRejected."""
        # With the folder of heat maps, or a second client would change that of the first.
        maps = hashlib.sha256(os.fsencode(job.heat_maps or "")).hexdigest()[:8]
        self.name = f"lesion-screening-{job.setup.key()}-{maps}"
        self.job = job
        self._files = bundle_files(job.bundle)

    async def setup(self, worker: Worker) -> None:
        """Prepares the worker beforehand. What is wrong is asked for by `problem`: Dask would only log it."""
        with suppress(BulkError):
            await asyncio.to_thread(self.screener, worker.address)

    def problem(self, address: str) -> str:
        """Why the worker at that address cannot be used; empty where it can."""
        try:
            self.screener(address)
        except BulkError as error:
            return str(error)
        return ""

    def screener(self, address: str) -> Screener:
        """This process's screener, verified when it is first asked for. Raises BulkError where it cannot be used."""
        with _LOCK, tempfile.TemporaryDirectory() as folder:  # another client may send the same model meanwhile
            if (key := self.job.setup.key()) in _SCREENERS:
                return _SCREENERS[key]
            try:
                for name, content in self._files.items():
                    path = Path(folder, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(content)
                found = screener_for(self.job.setup, Path(folder), self.job.limits)
            except (BundleRejected, SetupDiffers, OSError) as error:
                raise BulkError(f"The worker {address} cannot be used. {error}") from error
            give_memory_back(KEPT_BYTES)
            return _SCREENERS.setdefault(key, found)


class Cluster:
    """A team of all workers behind a scheduler, also of those that come and go; a context."""

    def __init__(self, address: str, job: Job, first: Listed) -> None:
        """Connects and prepares the workers.

        Args:
            address: of the scheduler, such as tcp://scheduler:8786.
            job: what they need to know.
            first: a file that they are to see, so that a folder that they do not share is found out.

        Raises:
            BulkError: there is no scheduler or no worker, or a worker cannot be used.
        """
        self._address = address
        self._finished: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._chunks: dict[str, Chunk] = {}
        self._futures: dict[str, Future] = {}
        self._threads, self._looked = 0, 0.0
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # a lost scheduler is told in a sentence
        model = Model(job)
        self._plugin = model.name
        try:
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError) as error:
            raise BulkError(f"There is no Dask scheduler at {address}: {error}.") from error
        try:
            self._client.wait_for_workers(1, timeout=WORKERS_SECONDS)
            self._client.register_plugin(model)
            # What this machine does not see either is the file's own matter.
            places = [path for path in (_whole(first).path, job.heat_maps) if path and os.path.exists(path)]  # noqa: PTH110
            found = self._client.run(_problem, model.name, places)
        except TimeoutError as error:
            self._client.close()
            raise BulkError(
                f"The scheduler at {address} has no worker; start some, and run the command again."
            ) from error
        except Exception as error:
            self._client.close()
            raise BulkError(
                f"The workers at {address} cannot be used: {error!r}. "
                "Scheduler and workers need this version of the application on their PYTHONPATH."
            ) from error
        if problems := sorted(problem for problem in found.values() if problem):
            self._client.close()
            raise BulkError(problems[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go of the cluster, which forgets what is not done yet."""
        self._futures.clear()
        self._client.close()

    def room(self) -> int:
        """How many more chunks the workers take."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._threads = sum(self._client.nthreads().values())
            self._looked = time.monotonic()
        return max(1, AHEAD * self._threads) - len(self._futures)

    def submit(self, chunk: Chunk) -> None:
        """Gives a chunk to the scheduler, under a key that the same work always has."""
        files = tuple(_whole(file) for file in chunk.files)
        key = f"{self._plugin}-{hashlib.sha256(repr((files, chunk.tried)).encode()).hexdigest()}"
        future = self._client.submit(_screen, self._plugin, files, key=key)
        self._chunks[key], self._futures[key] = chunk, future
        future.add_done_callback(self._finished.put)

    def finished(self) -> list[tuple[Chunk, list[Answer] | None]]:
        """Waits for chunks. Raises BulkError where the scheduler is gone or a worker cannot be used."""
        futures = [self._next()]
        while not self._finished.empty():
            futures.append(self._finished.get())
        return [self._taken(future) for future in futures]

    def _next(self) -> Future:
        while True:
            try:
                return self._finished.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if self._client.status != "running":
                    raise self._gone() from None

    def _taken(self, future: Future) -> tuple[Chunk, list[Answer] | None]:
        chunk = self._chunks.pop(future.key)
        del self._futures[future.key]
        try:
            found = self._result(future)
        except KilledWorker:
            return chunk, None
        except BulkError:
            raise
        except Exception as error:
            raise self._gone() from error
        pairs = zip(chunk.files, found, strict=True)
        return chunk, [
            Answer(Listed(file.path, entry.file.size, entry.file.stamp), entry.cells) for file, entry in pairs
        ]

    def _result(self, future: Future) -> list[Answer]:
        """Of a finished future. Where the worker that has it was lost, Dask has it made again, which takes its time."""
        while True:
            try:
                found: list[Answer] = future.result(timeout=CONNECT_SECONDS)
            except TimeoutError:
                if self._client.status != "running":
                    raise self._gone() from None
            else:
                return found

    def _gone(self) -> BulkError:
        return BulkError(
            f"The scheduler at {self._address} is gone or has dropped the work; "
            "when it is there again, the same command goes on where it stopped."
        )


def _whole(file: Listed) -> Listed:
    """The file as every machine finds it, whatever folder it stands in."""
    # Not abspath, which takes `link/..` away without looking where the link leads.
    path = file.path if stores.is_remote(file.path) else os.path.join(os.getcwd(), file.path)  # noqa: PTH109, PTH118
    return Listed(path, file.size, file.stamp)


def _problem(name: str, places: Sequence[str], dask_worker: Worker) -> str:
    """Why a worker cannot be used; empty where it can."""
    model: Model = dask_worker.plugins[name]
    if problem := model.problem(dask_worker.address):
        return problem
    for place in places:
        if not os.path.exists(place):  # noqa: PTH110
            return (
                f"The worker {dask_worker.address} does not see {place!r}: "
                "pictures must lie under the same path on every machine, or in an object store."
            )
    return ""


def _screen(name: str, files: Sequence[Listed]) -> list[Answer]:
    worker = get_worker()
    if name not in worker.plugins:
        raise BulkError(f"The worker {worker.address} has not received the model; run the command again.")
    model: Model = worker.plugins[name]
    screener = model.screener(worker.address)
    return [answer(screener, file, model.job.heat_maps or None) for file in files]
