"""One hostile file or request."""

from dataclasses import dataclass
from functools import cache

from tests.helpers.uploads import encoded, lesion

BOUNDARY = b"----hostile"


@dataclass(frozen=True, slots=True)
class Case:
    """Attributes:
    name: unlike every other's.
    kind: what is tried with it, a row of the table in docs/security.md.
    request: the bytes that are sent, from the request line on.
    twin: a plain picture; the case may be answered as this one is. None where it must be refused.
    upload: the file that is sent, where it is one.
    whole: whether the client has no more to say after it; False where it leaves the connection open and waits.
    """

    name: str
    kind: str
    request: bytes
    twin: bytes | None = None
    upload: bytes | None = None
    whole: bool = True


@cache
def small_lesion() -> bytes:
    """The plain picture: PNG, 120 × 160 pixels."""
    return encoded(lesion(7, 120, 160), "PNG")


def part(content: bytes, disposition: bytes = b'form-data; name="image"; filename="a.png"', more: bytes = b"") -> bytes:
    """A part of a form; `more` are further headers, each with its line end."""
    return b"--%b\r\nContent-Disposition: %b\r\n%b\r\n%b\r\n" % (BOUNDARY, disposition, more, content)


def form(*parts: bytes) -> bytes:
    """A form's body."""
    return b"".join(parts) + b"--%b--\r\n" % BOUNDARY


def post(
    body: bytes,
    content_type: bytes = b"multipart/form-data; boundary=" + BOUNDARY,
    headers: bytes = b"",
    *,
    path: bytes = b"/api/predict",
    length: int | None = None,
) -> bytes:
    """A request whose connection ends with its answer; `headers` are further ones, each with its line end."""
    size = len(body) if length is None else length
    return b"POST %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (
        path,
        content_type,
        size,
        headers,
        body,
    )


def file_case(kind: str, name: str, upload: bytes, twin: bytes | None = None) -> Case:
    """A file, sent as a browser does."""
    return Case(name, kind, post(form(part(upload))), twin, upload)


def cuts(kind: str, name: str, whole: bytes, places: list[int]) -> list[Case]:
    """A file that ends at each of the places."""
    return [
        file_case(kind, f"{name}: cut off after {place} bytes", whole[:place])
        for place in sorted(set(places))
        if 0 < place < len(whole)
    ]
