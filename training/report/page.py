"""Local HTML pages with pictures of the data in them. They stay out of the repository: the licences forbid it."""

import base64
import html
from collections.abc import Sequence

import cv2

from app.screening.preprocess import Image


def picture_tag(picture: Image) -> str:
    """An `img` with the picture (H, W, 3), RGB uint8, inside it as JPEG."""
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode("ascii")}">'


def page(title: str, preface: str, rows: Sequence[tuple[Sequence[Image], Sequence[str]]]) -> str:
    """A page of rows.

    Args:
        title: its heading.
        preface: plain text above the rows; its line breaks are kept.
        rows: (pictures side by side, lines of plain text) each.
    """
    lines = "".join(
        f"<tr>{''.join(f'<td>{picture_tag(picture)}</td>' for picture in pictures)}"
        f"<td>{'<br>'.join(html.escape(line) for line in text)}</td></tr>"
        for pictures, text in rows
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        "<style>body{font:15px/1.5 system-ui;margin:2rem}td{padding:.3rem;vertical-align:top}"
        f"pre{{white-space:pre-wrap}}</style><h1>{html.escape(title)}</h1>"
        f"<pre>{html.escape(preface)}</pre><table>{lines}</table></html>\n"
    )
