"""What is sent while a server is soaked: good and bad requests, in shares that a day might have, and what each gets."""

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests
from PIL import Image

from tests.helpers.pages import hidden
from tests.helpers.uploads import encoded, lesion, multipart

SECONDS = 60
"""After which a client gives up."""


@dataclass(frozen=True, slots=True)
class Request:
    """Attributes:
    kind: in words; requests of one kind are told together.
    method, path, body, headers: as they are sent.
    status: what it is to get.
    """

    kind: str
    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    status: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Attributes:
    status: 0 where the connection was refused or closed.
    said: what the answer says of the picture, without what differs from one time to the next.
    """

    status: int
    said: str


def send(url: str, request: Request) -> Reply:
    """Sends it on a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
    try:
        connection.request(request.method, request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException):
        return Reply(0, "")
    finally:
        connection.close()
    return Reply(answer.status, _said(answer.headers.get_content_type(), content))


def _said(media_type: str, content: bytes) -> str:
    if media_type == "application/problem+json":
        return str(json.loads(content)["reason"])
    if media_type == "application/json":
        body = json.loads(content)
        answers = [entry["answer"] for entry in body["results"]] if "results" in body else [body]
        return json.dumps([answer and (answer.get("classes"), answer.get("assessment")) for answer in answers])
    if media_type == "text/html":
        return str(re.findall(rb'class="answer[^"]*"', content))
    return ""


def mixture(url: str) -> tuple[list[Request], list[float]]:
    """Requests, and the share of each, which add up to 1."""
    found = [(share / len(requests), request) for share, requests in _kinds(url) for request in requests]
    whole = sum(share for share, _ in found)
    return [request for _, request in found], [share / whole for share, _ in found]


def _kinds(url: str) -> Iterator[tuple[float, list[Request]]]:
    """(percent, requests of one kind)."""
    photos = [encoded(lesion(seed, 450, 600), "JPEG", quality=90) for seed in range(8)]
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    yield 42, [_predict("photo of 600×450, JPEG", photo) for photo in photos]
    yield 10, [_predict("the same, PNG", encoded(lesion(seed, 450, 600), "PNG")) for seed in range(4)]
    large = lesion(1, 600, 800).resize((4000, 3000))
    yield 2, [_predict("photo of 12 megapixels, JPEG", encoded(large, "JPEG", quality=90))]
    yield 5, [_predict("photo, explained", photo, path="/api/predict?explain=1") for photo in photos[:2]]
    yield 4, [_form("batch of three, one cut off", "/api/predict/batch", [*photos[:2], photos[2][:9000]], 200)]
    yield 10, [_page(url, "page, one photo", photos[:1])]
    yield 2, [_page(url, "page, three photos", photos[:3])]
    yield 4, [_predict("no lesion: noise", encoded(Image.fromarray(noise), "PNG"))]
    yield 6, [_predict("cut off", photos[0][: len(photos[0]) // 2], 422)]
    yield 5, [_predict("no picture", b"words, whatever the name says", 415)]
    yield 2, [_predict("empty", b"", 422)]
    yield 1, [_predict("too large, 16 MB", bytes(16_000_000), 413)]
    yield 1, [_form("no field", "/api/predict", [], 400)]
    yield 2, [Request("wrong address", "GET", "/api/nothing", b"", {}, 404)]
    yield 4, [Request("health and metrics", "GET", path, b"", {}, 200) for path in ("/healthz", "/readyz", "/metrics")]


def _form(kind: str, path: str, pictures: list[bytes], status: int, **fields: str) -> Request:
    parts: list[tuple[str, Any]] = [*fields.items(), *(("image", ("photo.jpg", picture)) for picture in pictures)]
    form = multipart(parts or [("note", "x")])
    return Request(kind, "POST", path, form["data"], {"Content-Type": form["content_type"]}, status)


def _predict(kind: str, picture: bytes, status: int = 200, path: str = "/api/predict") -> Request:
    return _form(kind, path, [picture], status)


def _page(url: str, kind: str, pictures: list[bytes]) -> Request:
    with requests.Session() as browser:
        page = browser.get(url, timeout=SECONDS)
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    made = _form(kind, "/result", pictures, 200, csrf_token=hidden(page.text, "csrf_token"))
    return Request(kind, "POST", made.path, made.body, {**made.headers, "Cookie": cookie}, 200)
