"""Pictures in object stores (`s3://bucket/folder`, `gs://bucket/folder`), through Arrow's file systems.

Access is given as Arrow takes it: for S3 the usual AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, or the
machine's role; AWS_ENDPOINT_URL for a store of one's own, such as MinIO.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.bulk.errors import BulkError, need

BULK_FILE = "requirements-bulk.txt"
_MARK = "://"
_SCHEMES = ("s3", "gs", "file")


@dataclass(frozen=True, slots=True)
class Object:
    """Attributes:
    path: whole, with scheme and bucket.
    size: bytes; None where it is not known.
    stamp: its time of modification, nanoseconds; empty where it is not known.
    """

    path: str
    size: int | None
    stamp: str


def is_remote(path: str) -> bool:
    """Whether a path lies in an object store."""
    scheme, mark, _ = path.partition(_MARK)
    return bool(mark) and scheme in _SCHEMES


def listed(path: str) -> Iterator[Object]:
    """The objects at and below a path, ordered by their bytes; where nothing is there, the path without a size.

    Raises:
        BulkError: the store cannot be reached.
    """
    root, system, inside = _opened(path)
    arrow_fs = _arrow_fs()
    try:
        found = system.get_file_info(inside)
        if found.type in (arrow_fs.FileType.File, arrow_fs.FileType.NotFound):
            yield Object(path, found.size, _stamp(found))
            return
        entries = system.get_file_info(arrow_fs.FileSelector(inside, recursive=True))
    except OSError as error:
        raise BulkError(f"{path} cannot be listed: {error}.") from error
    files = [entry for entry in entries if entry.type == arrow_fs.FileType.File]
    for entry in sorted(files, key=lambda entry: entry.path.encode("utf-8", "surrogateescape")):
        yield Object(root + entry.path, entry.size, _stamp(entry))


def read(path: str, most: int) -> tuple[int, bytes | None]:
    """Size and contents of an object; no contents where it has more than `most` bytes. Raises OSError, BulkError."""
    _, system, inside = _opened(path)
    with system.open_input_file(inside) as file:
        size = int(file.size())
        return size, bytes(file.read()) if size <= most else None


def _opened(path: str) -> tuple[str, Any, str]:
    """What stands before a path inside a store, the store, and the path inside."""
    scheme, _, inside = path.partition(_MARK)
    bucket = inside.partition("/")[0]
    return f"{scheme}{_MARK}", _system(scheme, bucket), inside


@cache
def _system(scheme: str, bucket: str) -> Any:
    arrow_fs = _arrow_fs()
    try:
        # The bucket alone: names of objects may hold what a URI reads otherwise.
        return arrow_fs.FileSystem.from_uri(f"{scheme}{_MARK}{bucket or '/'}")[0]
    except (OSError, ValueError, need("pyarrow", "An object store", BULK_FILE).ArrowException) as error:
        raise BulkError(f"{scheme}{_MARK}{bucket} cannot be opened: {error}.") from error


def _arrow_fs() -> Any:
    return need("pyarrow.fs", "An object store", BULK_FILE)


def _stamp(entry: Any) -> str:
    return "" if entry.mtime_ns is None else str(entry.mtime_ns)
