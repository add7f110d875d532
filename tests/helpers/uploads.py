"""Uploads drawn by the tests: good files in every format, and bad ones."""

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image
from urllib3.filepost import encode_multipart_formdata

from app.screening.screener import Screener
from app.screening.synthetic import draw_accepted, draw_lesion


def lesion(seed: int = 7, height: int = 150, width: int = 200) -> Image.Image:
    """A drawn lesion as a Pillow picture."""
    return Image.fromarray(draw_lesion(seed, height, width))


def accepted_seed(screener: Screener, first_seed: int = 1, height: int = 150, width: int = 200) -> int:
    """The first seed from `first_seed` on whose `lesion` the screener assesses."""
    return draw_accepted(
        lambda drawn: screener.screen_image(drawn).assessment != "cannot_assess", first_seed, height, width
    )


def unlike_a_lesion() -> dict[str, Image.Image]:
    """Pictures that no gate may let through."""
    page, random = np.full((300, 400, 3), 250, np.uint8), np.random.default_rng(1)
    for line in range(20, 300, 24):
        cv2.putText(page, "Dear colleague, thank you", (8, line), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (20, 20, 20), 1)
    chart = np.full((300, 300, 3), 245, np.uint8)
    for bar, colour in enumerate(((200, 40, 40), (40, 160, 60), (50, 80, 200))):
        cv2.rectangle(chart, (40 + 80 * bar, 220 - 60 * bar), (90 + 80 * bar, 260), colour, -1)
    pictures = {
        "a page": page,
        "noise": random.integers(0, 256, (200, 200, 3), dtype=np.uint8),
        "one colour": random.normal((222, 178, 156), 2, (200, 200, 3)).astype(np.uint8),
        "a chart": chart,
    }
    return {name: Image.fromarray(picture) for name, picture in pictures.items()}


def encoded(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    """The bytes of `picture` saved as `file_format`."""
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_lesion(seed: int = 7) -> bytes:
    return encoded(lesion(seed), "PNG")


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    header: bytes, rows: bytes | None, more: Sequence[tuple[bytes, bytes]] = (), *, data: bytes | None = None
) -> bytes:
    """A PNG by hand: IHDR, further chunks, and rows, or the compressed `data` in their place."""
    packed = zlib.compress(rows or b"", 9) if data is None else data
    chunks = [(b"IHDR", header), *more, (b"IDAT", packed), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)


def huge_one_bit_png(side: int = 9000) -> bytes:
    """A valid PNG of side × side pixels in a few KB."""
    row = b"\0" + b"\0" * ((side + 7) // 8)
    return png(struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0), row * side)


def truncated_jpeg() -> bytes:
    whole = encoded(lesion(), "JPEG", quality=90)
    return whole[: len(whole) // 2]


def sixteen_bit_rgb_png(height: int = 70, width: int = 80) -> bytes:
    """Written by hand, since Pillow writes no 48-bit pictures: pixels (0x80FF, 0x4001, 0x00FF), the last column 0."""
    row = b"\0" + struct.pack(">HHH", 0x80FF, 0x4001, 0x00FF) * (width - 1) + b"\0" * 6
    return png(struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0), row * height)


def gradient_16_bit() -> Image.Image:
    """16-bit greyscale, 80 × 80, 0 to 65535 from left to right."""
    return Image.fromarray(np.tile(np.linspace(0, 65535, 80).astype(np.uint16), (80, 1)))


def multipart(fields: Any) -> dict[str, Any]:
    """A form for Flask's test client; {name: text or (file name, bytes)} or pairs. Werkzeug's own would spool."""
    body, content_type = encode_multipart_formdata(fields)
    return {"data": body, "content_type": content_type}
