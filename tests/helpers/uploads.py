"""Uploads drawn by the tests: good files in every format, and bad ones."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image
from urllib3.filepost import encode_multipart_formdata

from app.screening.synthetic import draw_lesion


def lesion(seed: int = 7, height: int = 150, width: int = 200) -> Image.Image:
    """A drawn lesion as a Pillow picture."""
    return Image.fromarray(draw_lesion(seed, height, width))


def encoded(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    """The bytes of `picture` saved as `file_format`."""
    buffer = io.BytesIO()
    picture.save(buffer, file_format, **options)
    return buffer.getvalue()


def png_lesion(seed: int = 7) -> bytes:
    return encoded(lesion(seed), "PNG")


def huge_one_bit_png(side: int = 9000) -> bytes:
    """A valid PNG of side × side pixels in a few KB."""
    row = b"\0" + b"\0" * ((side + 7) // 8)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(row * side, 9))
        + _chunk(b"IEND", b"")
    )


def truncated_jpeg() -> bytes:
    whole = encoded(lesion(), "JPEG", quality=90)
    return whole[: len(whole) // 2]


def sixteen_bit_rgb_png(height: int = 70, width: int = 80) -> bytes:
    """Written by hand, since Pillow writes no 48-bit pictures: pixels (0x80FF, 0x4001, 0x00FF), the last column 0."""
    row = b"\0" + struct.pack(">HHH", 0x80FF, 0x4001, 0x00FF) * (width - 1) + b"\0" * 6
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(row * height))
        + _chunk(b"IEND", b"")
    )


def gradient_16_bit() -> Image.Image:
    """16-bit greyscale, 80 × 80, 0 to 65535 from left to right."""
    return Image.fromarray(np.tile(np.linspace(0, 65535, 80).astype(np.uint16), (80, 1)))


def multipart(fields: Any) -> dict[str, Any]:
    """A form for Flask's test client; {name: text or (file name, bytes)} or pairs. Werkzeug's own would spool."""
    body, content_type = encode_multipart_formdata(fields)
    return {"data": body, "content_type": content_type}


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
