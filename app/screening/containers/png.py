"""PNG: chunks, of which five are the picture (W3C PNG, third edition, section 11)."""

import struct
import zlib

from app.screening.containers.exif import orientation
from app.screening.containers.picture import Container, damaged, several_pictures, too_much_metadata

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHUNKS, BYTES_A_CHUNK = 1024, 1024
"""A file may have so many chunks, and one more for each so many of its bytes. Programs write 8 KB and more a chunk."""

_PICTURE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PIXEL_BYTES = {0: 1, 2: 4, 3: 1, 4: 4, 6: 4}
"""By colour type, as Pillow keeps a pixel of 8 bits a channel."""

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WHOLE = ((0, 0, 1, 1),)
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of an interlaced picture: its first column and row, and the steps to the next (section 8.2)."""

_PIECE = 1 << 20


def is_one(upload: bytes) -> bool:
    """Whether the file begins as a PNG."""
    return upload.startswith(SIGNATURE)


def read(upload: bytes) -> Container:
    """Reads the chunks. Kept are those of the picture, each with its checksum verified: Pillow verifies not all."""
    kept, turned, at, header = [SIGNATURE], 1, len(SIGNATURE), b""
    for _ in range(CHUNKS + len(upload) // BYTES_A_CHUNK):
        (length,) = struct.unpack_from(">I", upload, at)
        kind, end = upload[at + 4 : at + 8], at + 12 + length
        if end > len(upload) or (kind == b"IHDR") == bool(header):
            raise damaged()
        body = memoryview(upload)[at + 8 : end - 4]
        if kind in _PICTURE:
            if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", upload, end - 4)[0]:
                raise damaged()
            kept.append(upload[at:end])
        if kind == b"IHDR":
            header = bytes(body)
        elif kind == b"eXIf":
            turned = orientation(bytes(body))
        elif kind == b"acTL" and struct.unpack_from(">I", body)[0] > 1:
            raise several_pictures()
        elif kind == b"IEND":
            return _container(header, turned, b"".join(kept))
        at = end
    raise too_much_metadata()


def has_all_rows(content: bytes) -> bool:
    """Whether the compressed pixels are as many as the header says; Pillow leaves rows black that are missing.

    Args:
        content: of a Container, chunks that were read once.
    """
    width, height, bits, colours, *_, interlace = struct.unpack_from(">IIBBBBB", content, 16)
    expected: int = sum(
        -(-(height - top) // down) * (1 + -(-(-(-(width - left) // across) * bits * _CHANNELS[colours]) // 8))
        for left, top, across, down in (_PASSES if interlace else _WHOLE)
        if left < width and top < height
    )
    inflater, at = zlib.decompressobj(), len(SIGNATURE)
    found = 0
    while at < len(content) and found < expected:
        (length,) = struct.unpack_from(">I", content, at)
        pixels = content[at + 4 : at + 8] == b"IDAT"
        for start in range(at + 8, at + 8 + length, _PIECE) if pixels else ():
            waiting = content[start : min(start + _PIECE, at + 8 + length)]
            # No further than the picture goes: a stream may hold gigabytes of zeros behind it.
            while waiting and not inflater.eof and found < expected:
                found += len(inflater.decompress(waiting, _PIECE))
                waiting = inflater.unconsumed_tail
        at += 12 + length
    if found < expected:
        found += len(inflater.flush())
    return found >= expected


def _container(header: bytes, turned: int, content: bytes) -> Container:
    width, height, bits, colours, compression, filters, interlace = struct.unpack(">IIBBBBB", header)
    if colours not in _PIXEL_BYTES or compression or filters or interlace > 1:
        raise damaged()
    # With 16 bits a channel more is unpacked than is kept: time, if not memory.
    pixel = max(_PIXEL_BYTES[colours], _CHANNELS[colours] * bits // 8)
    return Container("PNG", (width, height), content, pixel * width * height, "PNG", turned)
