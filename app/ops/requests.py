"""Requests: an id for each, a line in the log for each, uploads that stay in memory, and the one file a route takes."""

import io
import logging
import secrets
import time
from typing import IO, Any

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import BadRequest

MULTIPART_OVERHEAD = 65_536
"""Bytes that a form may have beyond the picture: boundaries, headers, the form's token."""

MAX_PARTS = 20
RECEIVE_SECONDS = 10.0
"""How long a client may pause while it sends; a thread waits for it."""

DRAIN_BYTES = 64_000_000
DRAIN_SECONDS = 5.0
UPLOAD_FIELD = "image"


class MissingUpload(BadRequest):
    """The request has no file in the field `image`."""


class SeveralUploads(BadRequest):
    """The request has several files in the field `image`."""


class InMemoryRequest(Request):
    """A request whose uploads never touch the disk; Werkzeug's own would spool those over 500 KB to a file."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return io.BytesIO()


def register(app: Flask) -> None:
    """Gives each request its id, `g.request_id`, and its line in the log: never a file name, never a picture."""
    app.logger.setLevel(logging.INFO)

    @app.before_request
    def start() -> None:
        g.request_id = secrets.token_hex(8)
        g.started = time.perf_counter()
        if (connection := request.environ.get("gunicorn.socket")) is not None:
            connection.settimeout(RECEIVE_SECONDS)

    @app.after_request
    def log(response: Response) -> Response:
        app.logger.info(
            "request_id=%s route=%s status=%d reason=%s ms=%.1f",
            g.request_id,
            request.url_rule or "-",
            response.status_code,
            g.get("reason", "-"),
            (time.perf_counter() - g.started) * 1e3,
        )
        return response


def read_upload() -> bytes:
    """The bytes of the form's field `image`.

    Raises:
        MissingUpload: there is no such field, or no file was chosen.
        SeveralUploads: there are several; one would be answered and the others silently not.
        RequestEntityTooLarge: the request is larger than the limit.
    """
    uploads = request.files.getlist(UPLOAD_FIELD)
    if len(uploads) > 1:
        raise SeveralUploads
    content = uploads[0].stream.read() if uploads else b""
    if not uploads or (not uploads[0].filename and not content):
        raise MissingUpload
    return content


def drain_body() -> None:
    """Reads and forgets what the client is still sending, within limits.

    A server that answers and closes in the middle of an upload resets the connection, and the client never sees the
    answer that tells it what was wrong.
    """
    body: Any = request.environ["wsgi.input"]
    left, deadline = DRAIN_BYTES, time.monotonic() + DRAIN_SECONDS
    if (connection := request.environ.get("gunicorn.socket")) is not None:
        connection.settimeout(DRAIN_SECONDS)
    while left > 0 and time.monotonic() < deadline:
        try:
            chunk = body.read(min(left, 65_536))
        except OSError:
            return
        if not chunk:
            return
        left -= len(chunk)
