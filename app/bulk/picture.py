"""One file to one answer. Whatever is wrong with the file is in the answer, and never stops a run."""

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.bulk import stores
from app.bulk.errors import BulkError
from app.bulk.files import Listed, stamp_of
from app.ops.pictures import heat_png
from app.screening.decode import check_bytes
from app.screening.errors import RefusedUpload
from app.screening.screener import Screener, Screening
from app.screening.table import Cell, answer_cells

MISSING, UNREADABLE, CHANGED, FAILED, WORKER_DIED = "missing", "unreadable", "changed", "failed", "worker_died"
AGAIN = frozenset({MISSING, UNREADABLE, CHANGED, FAILED, WORKER_DIED})
"""Reasons that are no fact about the picture: such a file is tried again in the next run."""

NO_EVIDENCE = np.zeros((1, 1), np.float32)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run writes down of a file.

    Attributes:
        file: as it was when it was read.
        cells: of its row, by column; what is missing is empty.
    """

    file: Listed
    cells: dict[str, Cell]


class _ChangedFile(OSError):
    """The file was written to while it was read."""


def answer(screener: Screener, file: Listed, heat_maps: str | None = None) -> Answer:
    """Reads and screens one file.

    Args:
        screener: of this process.
        file: as it was listed.
        heat_maps: folder for heat maps, of which `heat_map_name` says the name; None for none.
    """
    try:
        found, content = read_file(file, screener.limits.max_bytes)
    except FileNotFoundError:
        return failure(file, MISSING, "The file is gone. It was there when the files were listed, or a list names it.")
    except _ChangedFile:
        return failure(file, CHANGED, "The file was changed while it was read. Run the command again when it is whole.")
    except (OSError, BulkError) as error:
        return failure(file, UNREADABLE, f"The file cannot be read: {getattr(error, 'strerror', None) or error}.")
    cells: dict[str, Cell] = {"bytes": found.size}
    if content is not None:
        cells["sha256"] = hashlib.sha256(content).hexdigest()
    try:
        check_bytes(found.size or 0, screener.limits)
        screening = screener.screen(content or b"")
        cells |= answer_cells(screening)
        if heat_maps is not None and screening.prediction is not None:
            cells["heat_map"] = _explained(screener, screening, heat_maps, str(cells["sha256"]))
    except RefusedUpload as refusal:
        return Answer(found, cells | {"error": f"{refusal.title}. {refusal.advice}", "reason": refusal.reason})
    except Exception as error:  # noqa: BLE001 - a failure is a row that says so, never an answer and never the run's end
        problem = f"The picture could not be screened, which is an error of the program or of this machine: {error!r}."
        return failure(found, FAILED, problem)
    return Answer(found, cells)


def failure(file: Listed, reason: str, sentence: str) -> Answer:
    """A row without an answer."""
    return Answer(file, {"bytes": file.size, "error": sentence, "reason": reason})


def heat_map_name(sha256: str) -> str:
    """Where in its folder the heat map of a picture is: named by the picture's own bytes, so that no two names collide.

    In one of 256 folders, because a folder of a million files is slow.
    """
    return f"{sha256[:2]}/{sha256}.png"


def read_file(file: Listed, most: int) -> tuple[Listed, bytes | None]:
    """The file as it was read, and its contents: None where it has more than `most` bytes."""
    if stores.is_remote(file.path):
        size, content = stores.read(file.path, most)
        if file.size not in (None, size):
            raise _ChangedFile
        return Listed(file.path, size, file.stamp), content
    # Without waiting: a named pipe would never begin.
    descriptor = os.open(file.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError("it is a folder, a pipe or a device")
        found = Listed(file.path, before.st_size, stamp_of(before))
        if before.st_size > most:
            return found, None
        content = opened.read(most + 1)
        after = os.fstat(descriptor)
        if (after.st_size, stamp_of(after)) != (len(content), found.stamp):
            raise _ChangedFile
        return found, content


def _explained(screener: Screener, screening: Screening, folder: str, sha256: str) -> str:
    """Writes the heat map, to be laid over the picture; empty where nothing stands out. Returns its name."""
    name = heat_map_name(sha256)
    path = Path(folder, name)
    evidence = screener.explain(screening).evidence
    path.parent.mkdir(exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(heat_png(NO_EVIDENCE if evidence is None else evidence))
        Path(part).replace(path)  # whole or not at all
    except BaseException:
        with suppress(OSError):
            Path(part).unlink()
        raise
    return name
