"""Marked pictures in every way in which the server takes one, and what was answered."""

import io
import socket
from collections.abc import Callable
from dataclasses import dataclass

import requests

from tests.helpers.faulty import HEADER
from tests.helpers.marked import NAME, Marked, marked
from tests.helpers.pages import hidden
from tests.helpers.server import Server
from tests.helpers.uploads import huge_one_bit_png, multipart

SMALL, BIG, RAW = marked(1, "JPEG"), marked(2, "PNG", 1000, 1300), marked(3, "BMP", 2000, 2300)
"""The second and third are far above the size from which Werkzeug would write an upload to disk."""

PICTURES = (SMALL, BIG, RAW, marked(4, "TIFF"), marked(5, "WEBP"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What requests of one kind got: their statuses, and all that was answered."""

    statuses: list[int]
    answers: list[bytes]


class Client:
    """Sends marked pictures in every way in which the server takes one."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.browser = requests.Session()

    def api(self, *pictures: Marked, to: str = "/api/predict", **headers: str) -> Outcome:
        """Each picture alone."""
        return self.outcome(
            [
                requests.post(
                    f"{self.server.url}{to}", files={"image": (p.name, p.content)}, headers=headers, timeout=60
                )
                for p in pictures
            ]
        )

    def body(self, *, chunked: bool) -> Outcome:
        content = io.BytesIO(BIG.content) if chunked else BIG.content
        stream = iter(lambda: content.read(50_000), b"") if isinstance(content, io.BytesIO) else content
        headers = {"Content-Type": "image/png", "Content-Disposition": f'attachment; filename="{BIG.name}"'}
        return self.outcome([requests.post(f"{self.server.url}/api/predict", data=stream, headers=headers, timeout=60)])

    def batch(self) -> Outcome:
        files = [("image", (picture.name, picture.content)) for picture in (SMALL, BIG, cut(SMALL))]
        return self.outcome([requests.post(f"{self.server.url}/api/predict/batch", files=files, timeout=60)])

    def page(self, *pictures: Marked, **headers: str) -> Outcome:
        token = hidden(self.browser.get(self.server.url, timeout=20).text, "csrf_token")
        files = [("image", (picture.name, picture.content)) for picture in pictures]
        form = {"csrf_token": token}
        url = f"{self.server.url}/result"
        return self.outcome([self.browser.post(url, data=form, files=files, headers=headers, timeout=60)])

    def exported(self, *pictures: Marked, to: str, field: str) -> Outcome:
        page = self.page(*pictures).answers[0].decode()
        return self.outcome(
            [self.browser.post(f"{self.server.url}{to}", files={field: (None, hidden(page, field))}, timeout=60)]
        )

    def field(self) -> Outcome:
        """The picture's bytes and its name as text of a form, and under another name."""
        forms = ({"note": NAME * 100_000}, {"picture": (BIG.name, BIG.content)})
        return self.outcome(
            [requests.post(f"{self.server.url}/api/predict", **_multipart(form), timeout=60) for form in forms]
        )

    def hung_up(self) -> Outcome:
        host, port = self.server.url.removeprefix("http://").split(":")
        form = multipart({"image": (BIG.name, BIG.content)})
        head = f"POST /api/predict HTTP/1.1\r\nHost: x\r\nContent-Type: {form['content_type']}\r\n"
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"{head}Content-Length: {len(form['data'])}\r\n\r\n".encode())
            connection.sendall(form["data"][: len(form["data"]) // 2])
        return Outcome([0], [b""])

    @staticmethod
    def outcome(answers: list[requests.Response]) -> Outcome:
        return Outcome([a.status_code for a in answers], [str(a.headers).encode() + a.content for a in answers])


def _multipart(form: dict[str, object]) -> dict[str, object]:
    made = multipart(form)
    return {"data": made["data"], "headers": {"Content-Type": made["content_type"]}}


def cut(picture: Marked) -> Marked:
    return Marked(picture.name, picture.content[: len(picture.content) // 2])


def traffic(client: Client) -> dict[str, Callable[[], Outcome]]:
    """Each kind of request, by its words in the document."""
    too_large = Marked(RAW.name, RAW.content + bytes(2_000_000))
    return {
        "API, a form: 5 formats, 20 KB to 14 MB": lambda: client.api(*PICTURES),
        "API, the picture as the body": lambda: client.body(chunked=False),
        "API, the body in chunks": lambda: client.body(chunked=True),
        "API, explained": lambda: client.api(SMALL, to="/api/predict?explain=1"),
        "API, a batch": client.batch,
        "page, one picture": lambda: client.page(BIG),
        "page, several pictures": lambda: client.page(SMALL, BIG, cut(SMALL)),
        "PDF": lambda: client.exported(SMALL, to="/report.pdf", field="answer"),
        "CSV": lambda: client.exported(SMALL, BIG, to="/results.csv", field="table"),
        "refused: cut off, no picture, 81 megapixels, 16 MB": lambda: client.api(
            cut(SMALL), Marked(SMALL.name, b"no picture"), Marked(SMALL.name, huge_one_bit_png()), too_large
        ),
        "refused: long text, wrong field": client.field,
        "hung up in the middle": client.hung_up,
        "failed: an exception with the picture in its hands": lambda: client.api(
            SMALL, **{HEADER: "interpreter=raise"}
        ),
        "failed on the page": lambda: client.page(BIG, **{HEADER: "every page=raise"}),
    }
