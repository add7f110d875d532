"""Requests: an id for each, uploads that stay in memory, and the files that a route takes."""

import io
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from flask import Flask, Request, current_app, g, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app.ops.turns import take_turn

MULTIPART_OVERHEAD = 65_536
"""Bytes that a form may have beyond its pictures: boundaries, headers, the form's token."""

OTHER_PARTS = 10
"""Parts that a form may have beyond its pictures."""

DRAIN_BYTES = 64_000_000
DRAIN_SECONDS = 5.0
UPLOAD_FIELD = "image"
LIMITS = "upload_limits"


class MissingUpload(BadRequest):
    """The request has no file in the field `image`."""


class SeveralUploads(BadRequest):
    """The request has several files in the field `image`."""


class TooManyUploads(BadRequest):
    """The request has more files in the field `image` than a page takes; `values` says how many."""

    def __init__(self, most: int, found: int) -> None:
        super().__init__()
        self.values = {"most": most, "found": found}


class ExpiredResult(BadRequest):
    """What a result page carries was signed with another key, for another model, or was changed."""


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """Attributes:
    pictures: how many one request may bring.
    picture_bytes: how much they may have together.
    field_bytes: how much those fields may have together that are no files.
    """

    pictures: int
    picture_bytes: int
    field_bytes: int = 500_000

    @property
    def request_bytes(self) -> int:
        """How much the whole body may have."""
        return self.picture_bytes + MULTIPART_OVERHEAD


@dataclass(frozen=True, slots=True)
class Upload:
    """Attributes:
    name: as the browser sends it, without folders; shown to whoever sent it, and never logged.
    content: the bytes.
    """

    name: str
    content: bytes


class Body:
    """A request's body. What is wrong with its framing is the client's fault, and no failure of the server."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes.

        Raises:
            BadRequest: chunks that are none.
            OSError: the client hung up, or is too slow.
        """
        try:
            return self._stream.read(size)
        except (OSError, ValueError):
            raise
        except Exception as error:  # of the server's own parser, which is not known here
            raise BadRequest from error


class BoundedFormParser(FormDataParser):
    """Bounds forms without files as it does those with: Werkzeug would make objects of all their fields first."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """Reads the form.

        Raises:
            RequestEntityTooLarge: it has too many or too long fields.
            BadRequest: a part of it has no name (RFC 7578, section 4.2).
        """
        if mimetype == "application/x-www-form-urlencoded":
            body = io.BufferedReader(stream).read((self.max_form_memory_size or 0) + 1)  # type: ignore[type-var]
            if len(body) > (self.max_form_memory_size or 0) or body.count(b"&") >= (self.max_form_parts or 0):
                raise RequestEntityTooLarge
            stream = io.BytesIO(body)
        body_left, fields, files = super().parse(stream, mimetype, content_length, options)
        if None in fields or None in files:  # which libraries behind this do not expect
            raise BadRequest
        return body_left, fields, files


class InMemoryRequest(Request):
    """A request whose uploads never touch the disk; Werkzeug's own would spool those over 500 KB to a file."""

    form_data_parser_class = BoundedFormParser

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        environ["wsgi.input"] = Body(environ["wsgi.input"])
        super().__init__(environ, *args, **kwargs)

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return io.BytesIO()


def _content(file: FileStorage) -> bytes:
    """A file's bytes. `read` would copy them."""
    stream = file.stream
    return stream.getvalue() if isinstance(stream, io.BytesIO) else stream.read()


def register(app: Flask, limit: UploadLimit, others: Mapping[str, UploadLimit]) -> None:
    """Gives each request its id, `g.request_id`, and its limit.

    Args:
        app: the application.
        limit: of every route.
        others: of the endpoints that have a limit of their own.
    """
    app.extensions[LIMITS] = (limit, dict(others))

    @app.before_request
    def start() -> None:
        g.request_id = secrets.token_hex(8)
        g.started = time.perf_counter()
        allowed = limit_of(app, request.endpoint)
        request.max_content_length = allowed.request_bytes
        request.max_form_memory_size = allowed.field_bytes
        request.max_form_parts = allowed.pictures + OTHER_PARTS


def limit_of(app: Flask, endpoint: str | None) -> UploadLimit:
    """What one request to an endpoint may bring."""
    limit, others = app.extensions[LIMITS]
    found: UploadLimit = others.get(endpoint, limit)
    return found


def read_upload() -> bytes:
    """The bytes of the form's one file `image`.

    Raises:
        MissingUpload: there is no such field, or no file was chosen.
        SeveralUploads: there are several; one would be answered and the others silently not.
        RequestEntityTooLarge: the request is larger than the limit.
    """
    uploads = read_uploads()
    if len(uploads) > 1:
        raise SeveralUploads
    return uploads[0].content


def read_uploads() -> list[Upload]:
    """The form's files `image`, in the order in which they were sent. A field that was left empty is no file.

    Returns when it is this request's turn to compute, so that all of its pictures are screened or none.

    Raises:
        Busy: too many requests wait already.
        MissingUpload: there is none.
        TooManyUploads: there are more than the endpoint takes, where that is more than one.
        RequestEntityTooLarge: the request is larger than the limit.
    """
    most = limit_of(current_app, request.endpoint).pictures
    files = request.files.getlist(UPLOAD_FIELD)
    uploads = [Upload(_base_name(file.filename), _content(file)) for file in files]
    chosen = [upload for upload in uploads if upload.name or upload.content]
    if not chosen:
        raise MissingUpload
    if 1 < most < len(chosen):
        raise TooManyUploads(most, len(chosen))
    take_turn()
    return chosen


def _base_name(name: str | None) -> str:
    """Without folders and control characters: it is shown on a page and written into a table."""
    base = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in base if character.isprintable()).strip()[:100]


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
        except (OSError, BadRequest):
            return
        if not chunk:
            return
        left -= len(chunk)
