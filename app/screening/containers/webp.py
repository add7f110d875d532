"""WebP: a RIFF file of chunks (RFC 9649, section 2)."""

import struct

from app.screening.containers.exif import orientation
from app.screening.containers.picture import Container, damaged, several_pictures, too_much_metadata

MAX_CHUNKS = 256
PIXEL_BYTES = 16
"""Measured: libwebp's decoder of animations, through which Pillow reads every WebP, keeps two canvases, and hands a
third to Pillow, which makes a fourth."""

_ALPHA = 0x10


def is_one(upload: bytes) -> bool:
    """Whether the file begins as a WebP."""
    return upload[:4] == b"RIFF" and upload[8:12] == b"WEBP"


def read(upload: bytes) -> Container:
    """Reads the chunks. Kept are the canvas, the transparency and the picture, of which a still has one each."""
    canvas, size, turned, kept, at = b"", None, 1, [], 12
    for _ in range(MAX_CHUNKS):
        if at >= len(upload) - 8:
            break
        kind, (length,) = upload[at : at + 4], struct.unpack_from("<I", upload, at + 4)
        body = upload[at + 8 : at + 8 + length]
        if len(body) < length:
            raise damaged()
        if kind == b"VP8X" and not canvas:
            canvas = bytes([body[0] & _ALPHA]) + body[1:]  # the other flags promise chunks that are left out
            kept.append(_chunk(kind, canvas))
        elif kind == b"ALPH" and size is None:
            kept.append(_chunk(kind, body))
        elif kind in (b"VP8 ", b"VP8L") and size is None:
            size = _size(kind, body)
            kept.append(_chunk(kind, body))
        elif kind == b"EXIF":
            turned = orientation(body)
        elif kind == b"ANMF":
            raise several_pictures()
        at += 8 + length + length % 2
    else:
        raise too_much_metadata()
    if size is None or (canvas and size != _canvas(canvas)):
        raise damaged()
    content = b"WEBP" + b"".join(kept)
    content = b"RIFF" + struct.pack("<I", len(content)) + content
    return Container("WEBP", size, content, PIXEL_BYTES * size[0] * size[1], "WebP", turned)


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    (bits,) = struct.unpack_from("<I", body, 1)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _canvas(body: bytes) -> tuple[int, int]:
    return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
