"""Forms and HTTP requests that are abused: around a good picture, so that an answer would be wrong."""

import gzip
from collections.abc import Iterator

from tests.helpers.hostile.case import BOUNDARY, Case, form, part, post, small_lesion

FORM = b"multipart/form-data; boundary=" + BOUNDARY
TEXT = b'form-data; name="note"'


MAY_BE_ANSWERED = frozenset({"without its end", "of line feeds", "with a header without a colon", "with a form inside"})
"""Forms that are odd around a picture that is whole."""


def cases() -> Iterator[Case]:
    picture = small_lesion()
    yield from _forms(picture, form(part(picture)))
    yield from _stuffed(picture)
    yield from _bodies(picture)
    yield from _framing(form(part(picture)))
    yield from _heads(picture, form(part(picture)))


def _forms(picture: bytes, whole: bytes) -> Iterator[Case]:
    kind = "forms: broken"
    types = {
        "without a boundary": b"multipart/form-data",
        "with an empty boundary": b"multipart/form-data; boundary=",
        "with another boundary": b"multipart/form-data; boundary=other",
        "with a boundary of 10 kB": b"multipart/form-data; boundary=" + b"b" * 7000,
        "with a boundary that is no ASCII": b"multipart/form-data; boundary=\xc3\xa4",
        "of another kind": b"multipart/mixed; boundary=" + BOUNDARY,
        "with a boundary that never ends": b'multipart/form-data; boundary="' + BOUNDARY,
        "of a regular expression": b"multipart/form-data; boundary=(a+)+$",
        "with a thousand parameters": b"multipart/form-data; " + b"a=b; " * 1000 + b"boundary=x",
    }
    for name, content_type in types.items():
        yield Case(f"form {name}", kind, post(whole, content_type))
    bodies = {
        "without its end": whole[: -len(BOUNDARY) - 6],
        "cut off in its picture": whole[: len(whole) // 2],
        "cut off in a header": whole[:40],
        "of its end alone": b"--" + BOUNDARY + b"--\r\n",
        "of nothing": b"",
        "of a NUL": b"\0",
        "of line feeds": whole.replace(b"\r\n", b"\n"),
        "with two pictures": form(part(picture), part(picture)),
        "with a picture of another name": form(part(picture, b'form-data; name="photo"; filename="a"')),
        "with a text as its picture": form(part(picture, b'form-data; name="image"')),
        "with a part without headers": b"--%b\r\n\r\n%b\r\n--%b--\r\n" % (BOUNDARY, picture, BOUNDARY),
        "with a part without a name": form(part(picture, b"form-data")),
        "with an attachment": form(part(picture, b'attachment; filename="a.png"')),
        "with a form inside": form(
            part(form(part(picture)), TEXT, b"Content-Type: multipart/mixed; boundary=" + BOUNDARY + b"2\r\n")
        ),
        "with a header without a colon": form(part(picture, more=b"rubbish\r\n")),
        "with a header of NULs": form(part(picture, b'form-data; name="im\0age"; filename="a"')),
        "that holds its own boundary": form(part(b"\x89PNG\r\n--" + BOUNDARY + b"--\r\n" + picture)),
    }
    for name, body in bodies.items():
        yield Case(
            f"form {name}",
            kind,
            post(body),
            picture if name in MAY_BE_ANSWERED else None,
        )
    for name in ("with a part without a name", "with two pictures", "of nothing", "without its end"):
        yield Case(f"page's form {name}", kind, post(bodies[name], path=b"/result"))
    nested = part(picture)
    for _ in range(200):
        nested = part(
            form(nested), b'form-data; name="image"; filename="a"', b"Content-Type: multipart/mixed; boundary=b\r\n"
        )
    yield Case("form of 200 forms inside each other", kind, post(form(nested)))
    coded = part(picture, more=b"Content-Transfer-Encoding: base64\r\n")
    yield Case("form whose part says that it is base64", kind, post(form(coded)), picture)
    yield Case(
        "form whose part says its length",
        kind,
        post(form(part(picture, more=b"Content-Length: 99999999999\r\n"))),
        picture,
    )


def _stuffed(picture: bytes) -> Iterator[Case]:
    kind = "forms: stuffed"
    size = 2_000_000
    bodies = {
        "of 20,000 parts": form(part(b"1", TEXT) * 20_000),
        "of 20,000 pictures": form(part(b"1") * 20_000),
        "of 12 parts": form(part(b"1", TEXT) * 12, part(picture)),
        "with a text of 2 MB": form(part(b"x" * size, TEXT), part(picture)),
        "with a header of 2 MB": form(part(picture, more=b"X: " + b"y" * size + b"\r\n")),
        "of 300,000 headers": form(part(picture, more=b"X: y\r\n" * 300_000)),
        "of headers without end": b"--" + BOUNDARY + b"\r\n" + b"X: y\r\n" * 300_000,
        "with 2 MB before it": b"x\r\n" * (size // 3) + form(part(picture)),
        "of beginnings of boundaries": form(part(b"\r\n--" + BOUNDARY[:-1] * 150_000)),
        "of returns": form(part(b"\r" * size)),
        "of line ends": form(part(b"\r\n" * (size // 2))),
    }
    for name, body in bodies.items():
        yield Case(f"form {name}", kind, post(body))
    yield Case("form with 2 MB behind it", kind, post(form(part(picture)) + b"x\r\n" * (size // 3)), picture)
    for name, fields in {
        "a million fields": b"a&" * 1_000_000,
        "escapes": b"a=" + b"%41" * 700_000,
        "one long field": b"a=" + b"x" * size,
        "deep names": b"a" + b"[a]" * 500_000 + b"=1",
    }.items():
        yield Case(f"plain form of {name}", kind, post(fields, b"application/x-www-form-urlencoded"))
    many = form(*[part(picture)] * 21)
    yield Case("batch of 21 pictures", kind, post(many, path=b"/api/predict/batch"))


def _bodies(picture: bytes) -> Iterator[Case]:
    kind = "bodies of other kinds"
    packed = gzip.compress(bytes(30_000_000))
    for name, body, content_type, headers in (
        ("JSON", b'{"image": 1}', b"application/json", b""),
        ("XML", b"<?xml version='1.0'?><a/>", b"text/xml", b""),
        ("a text", picture, b"text/plain", b""),
        ("no type", picture, b"", b""),
        ("a broken type", picture, b";;;=/", b""),
        ("a picture that is a text", b"Dear colleague", b"image/png", b""),
        ("an empty picture", b"", b"image/png", b""),
        ("30 MB in 30 kB", packed, b"image/png", b"Content-Encoding: gzip\r\n"),
        ("a form in gzip", packed, FORM, b"Content-Encoding: gzip\r\n"),
        ("more bytes than are taken", b"\xff\xd8\xff" + bytes(15_100_000), b"image/jpeg", b""),
        ("one byte more than is taken", bytes(15_000_001), b"image/png", b""),
        ("40 MB", bytes(40_000_000), b"image/png", b""),
    ):
        yield Case(f"body: {name}", kind, post(body, content_type, headers))
    said = post(picture, b"image/svg+xml")
    yield Case("body: a PNG that is said to be an SVG", kind, said, picture, picture)


def _framing(whole: bytes) -> Iterator[Case]:
    kind = "lengths and chunks"
    head = b"POST /api/predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + FORM + b"\r\n"
    for name, value in {
        "negative": b"-1",
        "no number": b"abc",
        "a fraction": b"1.5",
        "empty": b"",
        "hexadecimal": b"0x10",
        "signed": b"+5",
        "beyond all bounds": b"9" * 400,
        "of 1 TB": b"1099511627776",
        "a list": b"5, 6",
        "with a NUL": b"5\0",
    }.items():
        yield Case(f"length: {name}", kind, head + b"Content-Length: " + value + b"\r\n\r\n" + whole)
    length = b"Content-Length: %d\r\n" % len(whole)
    yield Case(
        "length: too long, and hung up",
        kind,
        head + b"Content-Length: %d\r\n\r\n" % (len(whole) + 999) + whole,
        small_lesion(),
    )
    yield Case("length: too short", kind, head + b"Content-Length: 300\r\n\r\n" + whole)
    yield Case("length: two of them", kind, head + length + b"Content-Length: 5\r\n\r\n" + whole)
    yield Case("length: and chunks", kind, head + length + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    yield Case("length: neither", kind, head + b"\r\n" + whole)
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    for name, chunks in {
        "rubbish": b"zz\r\nabc\r\n0\r\n\r\n",
        "a negative size": b"-5\r\nhello\r\n0\r\n\r\n",
        "an enormous size": b"FFFFFFFFFFFFFFFFFF\r\nabc",
        "no end": b"5\r\nhello\r\n",
        "no line end": b"5\r\nhelloXX0\r\n\r\n",
        "an extension of 9 kB": b"5;" + b"a" * 9000 + b"\r\nhello\r\n0\r\n\r\n",
        "a line of 100 kB": b"0" * 100_000 + b"5\r\nhello\r\n0\r\n\r\n",
        "a smuggled request": b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
        "bad trailers": b"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
        "a megabyte of trailers": b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 170_000 + b"\r\n",
        "a line feed alone": b"5\nhello\n0\n\n",
        "only line ends": b"\r\n" * 50_000,
        "one byte each": b"".join(b"1\r\n%c\r\n" % byte for byte in whole[:20_000]),
    }.items():
        yield Case(f"chunks: {name}", kind, chunked + chunks)
    for coding in (b"gzip, chunked", b"chunked, chunked", b"identity", b"xchunked", b"chunked\x0b", b"\x00"):
        yield Case(f"coding: {coding!r}", kind, head + b"Transfer-Encoding: " + coding + b"\r\n\r\n0\r\n\r\n")


def _heads(picture: bytes, whole: bytes) -> Iterator[Case]:
    kind = "request lines and headers"
    usual = b"Host: x\r\nConnection: close\r\n\r\n"
    for name, line in {
        "no method": b"/api/predict HTTP/1.1",
        "a method in small letters": b"post /api/predict HTTP/1.1",
        "an unknown method": b"BREW /api/predict HTTP/1.1",
        "a long method": b"A" * 9000 + b" /api/predict HTTP/1.1",
        "HTTP/9.9": b"POST /api/predict HTTP/9.9",
        "HTTP/2": b"PRI * HTTP/2.0",
        "no version": b"POST /api/predict",
        "an address of 20 kB": b"POST /api/predict?" + b"a" * 20_000 + b" HTTP/1.1",
        "a NUL": b"POST /api/pre\0dict HTTP/1.1",
        "a path upwards": b"GET /api/../../../etc/passwd HTTP/1.1",
        "an encoded path": b"GET /static/..%2f..%2fwsgi.py HTTP/1.1",
        "broken escapes": b"POST /api/predict%zz%8 HTTP/1.1",
        "TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
        "a tunnel": b"CONNECT internal:22 HTTP/1.1",
        "a wrong parameter": b"POST /api/predict?explain=%ff HTTP/1.1",
        "a page of another": b"POST /api/nothing HTTP/1.1",
    }.items():
        yield Case(f"line: {name}", kind, line + b"\r\n" + usual)
    many = b"".join(b"X-%d: y\r\n" % number for number in range(500))
    for name, headers in {
        "500 headers": many,
        "a header of 100 kB": b"X: " + b"y" * 100_000 + b"\r\n",
        "no colon": b"rubbish\r\n",
        "a space before the colon": b"X : y\r\n",
        "a folded line": b"X: y\r\n z\r\n",
        "a NUL in a name": b"X\0Y: z\r\n",
        "a NUL in a value": b"X: y\0z\r\n",
        "a return in a value": b"X: y\rSet-Cookie: a\r\n",
        "two hosts": b"Host: y\r\n",
        "two types": b"Content-Type: text/plain\r\n",
        "an expectation": b"Expect: the-impossible\r\n",
    }.items():
        yield Case(f"header: {name}", kind, post(whole, headers=headers))
    harmless = {
        "a forged address": b"X-Forwarded-For: 127.0.0.1, ${jndi:ldap://x}\r\n",
        "a range": b"Range: bytes=0-1,0-2,0-3\r\n",
        "languages without end": b"Accept-Language: " + b"de;q=0.1," * 800 + b"en\r\n",
        "an override": b"X-HTTP-Method-Override: DELETE\r\n",
        "a cookie of rubbish": b"Cookie: session=.eJw\xff;;;=\r\n",
        "a key of rubbish": b"Authorization: Bearer \xff\xfe\r\n",
        "an upgrade": b"Upgrade: h2c\r\nHTTP2-Settings: AAA\r\n",
        "a foreign origin": b"Origin: https://evil.example\r\n",
    }
    for name, headers in harmless.items():
        yield Case(f"header: {name}", kind, post(whole, headers=headers), picture)
