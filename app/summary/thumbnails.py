"""Small pictures of the files of a run, made anew from their pixels, and only where the file is still the same."""

import hashlib

from app.bulk.errors import BulkError
from app.bulk.files import Listed
from app.bulk.picture import read_file
from app.ops.pictures import jpeg_uri
from app.screening.decode import DecodeLimits, decode
from app.screening.errors import RefusedUpload
from app.summary.overview import Row

SIDE = 168
"""Pixels; shown at half of it, so that it is sharp on a phone."""


def thumbnail(row: Row, limits: DecodeLimits) -> str | None:
    """The picture of a row as a data: URI, without any metadata.

    Another file that lies at the path by now is never shown beside this row's answer: its bytes have to be those that
    were screened.

    Returns:
        None where the file is gone, has changed or cannot be decoded.
    """
    size = row["bytes"]
    if not isinstance(size, int) or size > limits.max_bytes:
        return None
    try:
        _, content = read_file(Listed(str(row["path"])), size)
        if content is None or hashlib.sha256(content).hexdigest() != row["sha256"]:
            return None
        return jpeg_uri(decode(content, limits), SIDE)
    except (OSError, ValueError, BulkError, RefusedUpload):  # ValueError: a path with a null byte
        return None
