"""Requests: an id for each, uploads that stay in memory, and the reading of the one file that a route takes."""

import io
import secrets
import time
from typing import IO

from flask import Flask, Request, g, request
from werkzeug.exceptions import BadRequest

MULTIPART_OVERHEAD = 65_536
"""Bytes that a form may have beyond the picture: boundaries, headers, the form's token."""

MAX_PARTS = 20
DRAIN_BYTES = 64_000_000
DRAIN_SECONDS = 5.0
UPLOAD_FIELD = "image"


class MissingUpload(BadRequest):
    """The request has no file in the field `image`."""


class InMemoryRequest(Request):
    """A request whose uploads never touch the disk; Werkzeug's own would spool those over 500 KB to a file."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return io.BytesIO()


def register(app: Flask) -> None:
    """Gives each request its id, `g.request_id`."""

    @app.before_request
    def name_request() -> None:
        g.request_id = secrets.token_hex(8)


def read_upload() -> bytes:
    """The bytes of the form's field `image`.

    Raises:
        MissingUpload: there is no such field, or no file was chosen.
        RequestEntityTooLarge: the request is larger than the limit.
    """
    upload = request.files.get(UPLOAD_FIELD)
    if upload is None or (not upload.filename and not upload.stream.read(1)):
        raise MissingUpload
    upload.stream.seek(0)
    return upload.stream.read()


def drain_body() -> None:
    """Reads and forgets what the client is still sending, within limits.

    A server that answers and closes in the middle of an upload resets the connection, and the client never sees the
    answer that tells it what was wrong.
    """
    body, left, deadline = request.environ["wsgi.input"], DRAIN_BYTES, time.monotonic() + DRAIN_SECONDS
    if not request.content_length or request.content_length > DRAIN_BYTES:
        return
    while left > 0 and time.monotonic() < deadline:
        try:
            chunk = body.read(min(left, 65_536))
        except OSError:
            return
        if not chunk:
            return
        left -= len(chunk)
