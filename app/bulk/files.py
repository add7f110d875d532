"""Which files a run screens: folders, globs, single files, lists, object stores."""

import glob
import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.bulk import stores
from app.bulk.errors import BulkError

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".dcm", ".dicom"}
)
"""What a folder's files must end in to be taken. A file that is named itself is always taken."""

STDIN = "-"
_CHUNK = 1 << 16
_HEAT_MAP = re.compile(r"[0-9a-f]{64}\.png")


@dataclass(frozen=True, slots=True)
class Listed:
    """A file to screen.

    Attributes:
        path: as it was named or found; bytes that are no UTF-8 as surrogate escapes.
        size: bytes; None where it is not known.
        stamp: changes when the file does (its time of modification); empty where it is not known.
    """

    path: str
    size: int | None = None
    stamp: str = ""


class Own:
    """What a run writes itself: none of its pictures, although it may lie among them."""

    def __init__(self, output: Path, heat_maps: str = "", summary: Path | None = None) -> None:
        """Takes where it writes: the results file, the folder of heat maps (empty for none), and the summary."""
        stem, suffix = re.escape(output.stem), re.escape(output.suffix)
        # Results and journal, as they are and as earlier setups left them (app/bulk/run.py); half a file; evaluation.
        earlier = r"(\.[0-9a-f]{16}(\.\d+)?)?"
        self._names = re.compile(
            rf"{stem}{earlier}{suffix}(\.journal(-journal)?)?|\.{stem}\.part{suffix}|{stem}\.evaluation\.json"
        )
        self._folder = os.path.realpath(output.parent)
        self._summary = summary.resolve() if summary else None
        self._heat_maps = os.path.realpath(heat_maps) if heat_maps else ""

    def __contains__(self, path: str) -> bool:
        """Whether the run writes the file at `path`."""
        folder, name = os.path.split(path)
        if self._heat_maps and _HEAT_MAP.fullmatch(name):
            return os.path.realpath(path) == os.path.join(self._heat_maps, name[:2], name)  # noqa: PTH118
        if self._names.fullmatch(name):
            return os.path.realpath(folder) == self._folder
        return self._summary is not None and name == self._summary.name and Path(path).resolve() == self._summary


class Listing:
    """The files of a run, each with the number of the argument or of the list's line that named it.

    Attributes:
        left_out: how many files of folders were not taken, since they do not end like pictures. Known at the end.
    """

    def __init__(self, paths: Sequence[str], lists: Sequence[str], own: Own | None = None) -> None:
        """Takes what to screen; what is the run's `own` is left out of folders and patterns.

        Raises:
            BulkError: a path names nothing, or a list cannot be read.
        """
        self.left_out = 0
        self._paths = paths
        self._lists = lists
        self._own = own
        for path in paths:
            if not stores.is_remote(path) and not os.path.lexists(path) and not (_is_glob(path) and _matches(path)):
                raise BulkError(f"There is no file or folder {path!r}, and nothing that it matches.")
        for name in lists:
            if name != STDIN and not os.access(name, os.R_OK):
                raise BulkError(f"The list {name!r} cannot be read.")

    def __iter__(self) -> Iterator[tuple[int, Listed]]:
        number = 0
        for path in self._paths:
            for match in self._matched(path) if not os.path.lexists(path) and _is_glob(path) else [path]:
                for found in self._below(match):
                    if found.size is None and stores.is_remote(path):
                        raise BulkError(f"There is nothing at {path}.")
                    yield number, found
            number += 1
        for name in self._lists:
            for line in _lines(name):
                yield from ((number, found) for found in self._below(line))
                number += 1

    def _matched(self, pattern: str) -> Iterator[str]:
        for path in _matches(pattern):
            if self._own is None or path not in self._own:
                yield path

    def _below(self, path: str) -> Iterator[Listed]:
        if stores.is_remote(path):
            for entry in stores.listed(path):
                if entry.path == path or self._is_picture(entry.path):
                    yield Listed(entry.path, entry.size, entry.stamp)
        elif os.path.isdir(path):  # noqa: PTH112 - paths stay texts, so that their bytes survive
            yield from self._folder(path, ())
        else:
            yield seen(path)

    def _folder(self, folder: str, above: tuple[tuple[int, int], ...]) -> Iterator[Listed]:
        """The pictures of a folder and of those below it; links are followed, but never in a circle.

        In the order in which the system gives them: the journal orders them, and no folder is ever held in memory.
        """
        below: list[str] = []
        try:
            found = os.stat(folder)  # noqa: PTH116
            if (identity := (found.st_dev, found.st_ino)) in above:
                return
            with os.scandir(folder) as entries:
                for entry in entries:
                    if _is_folder(entry):
                        below.append(entry.path)
                    elif self._is_picture(entry.path):
                        yield seen(entry.path)
        except OSError:
            yield Listed(folder)  # it becomes a row that says why: what is in it must not be missed in silence
        for path in below:
            yield from self._folder(path, (*above, identity))

    def _is_picture(self, path: str) -> bool:
        # macOS leaves `._name.jpg` beside name.jpg on foreign disks, which is no picture.
        name = os.path.basename(path)  # noqa: PTH119
        taken = not name.startswith("._") and os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES  # noqa: PTH122
        if self._own is not None and path in self._own:
            return False
        self.left_out += not taken
        return taken


def seen(path: str) -> Listed:
    """A file as it is now; its size and stamp are unknown where it is gone or no plain file."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return Listed(path)
    return Listed(path, found.st_size, stamp_of(found)) if stat.S_ISREG(found.st_mode) else Listed(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether a folder's entry is a folder; one that cannot be looked at is left to its row, and the others go on."""
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, or to where nobody may look
        return False


def stamp_of(found: os.stat_result) -> str:
    """What tells a file's states apart beside its size: nanoseconds."""
    return str(found.st_mtime_ns)


def _is_glob(path: str) -> bool:
    return not stores.is_remote(path) and glob.has_magic(path)


def _matches(pattern: str) -> list[str]:
    """What fits a pattern, each file once: `**` follows links, and in a circle it would find the same ones for ever."""
    return sorted(filter(_leads_straight, glob.iglob(pattern, recursive=True)), key=os.fsencode)  # noqa: PTH207


def _leads_straight(path: str) -> bool:
    """Whether no folder on the way to `path` is passed twice."""
    passed = set()
    folder = os.path.dirname(path)  # noqa: PTH120
    while folder and folder != os.path.dirname(folder):  # noqa: PTH120
        try:
            found = os.stat(folder)  # noqa: PTH116
        except OSError:
            return True
        if (identity := (found.st_dev, found.st_ino)) in passed:
            return False
        passed.add(identity)
        folder = os.path.dirname(folder)  # noqa: PTH120
    return True


def _lines(name: str) -> Iterator[str]:
    """A path a line, or a path before each NUL byte where there are any (`find -print0`)."""
    try:
        with sys.stdin.buffer if name == STDIN else Path(name).open("rb") as file:
            rest = file.read(_CHUNK)
            end = b"\0" if b"\0" in rest else b"\n"
            while chunk := file.read(_CHUNK):
                *whole, rest = (rest + chunk).split(end)
                yield from map(os.fsdecode, filter(None, (_without_cr(line, end) for line in whole)))
            yield from map(os.fsdecode, filter(None, (_without_cr(line, end) for line in rest.split(end))))
    except OSError as error:
        raise BulkError(f"The list {name!r} cannot be read ({error.strerror}).") from error


def _without_cr(line: bytes, end: bytes) -> bytes:
    return line.removesuffix(b"\r") if end == b"\n" else line
