"""JPEG: segments up to the first scan, then scans up to the end of the picture (ITU-T T.81, annex B)."""

import re
import struct

from app.screening.containers.exif import orientation
from app.screening.containers.picture import Container, damaged, too_much_metadata
from app.screening.errors import UndecodableImage
from app.screening.words import N_

MAX_SCANS = 64
"""libjpeg's own progressive script has 10, one scan a bit of each coefficient would be about 50."""

MAX_SCANNED_PIXELS = 500_000_000
"""Pixels times scans of a progressive picture. Each scan goes over all coefficients, 0.6 ns a pixel, however few bytes
it has. Ten scans of 50 million pixels are within it."""

MAX_SEGMENTS = 512
"""Before the first scan, and again after it; 15 MB of extended XMP are about 230."""

_SOS, _EOI = 0xDA, 0xD9
_STANDALONE = frozenset(range(0xD0, 0xD9)) | {0x01}
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_HUFFMAN_DCT = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended, progressive. Not lossless, whose decoder cannot reduce, nor arithmetic coding, which is slow."""

_TABLES = frozenset({0xC4, 0xDB, 0xDD})
"""Huffman tables, quantisation tables, restart interval."""

_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
"""After a scan's data, in which FF is followed by 00 or a restart marker."""


def is_one(upload: bytes) -> bool:
    """Whether the file begins as a JPEG."""
    return upload.startswith(b"\xff\xd8\xff")


def read(upload: bytes) -> Container:
    """Reads the segments. Kept are frame, tables and scans, and the two markers that say how the colours are coded."""
    kept, frame, turned, at = [b"\xff\xd8"], b"", 0, 2
    for _ in range(MAX_SEGMENTS):
        at = upload.find(b"\xff", at)
        if at < 0:
            raise damaged()
        marker = upload[at + 1]
        if marker in (0x00, 0xFF) or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == _EOI:
            raise damaged()
        end = at + 2 + max(2, struct.unpack_from(">H", upload, at + 2)[0])
        body = upload[at + 4 : end]
        if marker in _FRAMES:
            if frame or marker not in _HUFFMAN_DCT:
                raise damaged() if frame else _unread_kind()
            frame = bytes([marker]) + body
        elif marker == 0xE1 and not turned and body.startswith(b"Exif\0\0"):
            turned = orientation(body)
        if marker in _FRAMES | _TABLES | {_SOS} or _tells_colours(marker, body):
            kept.append(upload[at:end])
        at = end
        if marker == _SOS:
            return _container(frame, body, turned or 1, b"".join(kept), upload, at)
    raise too_much_metadata()


def _container(frame: bytes, scan: bytes, turned: int, head: bytes, upload: bytes, start: int) -> Container:
    kind, _, height, width, components = struct.unpack_from(">BBHHB", frame)
    scans, end = _scans(upload, start)
    progressive = kind == 0xC2
    if scans > MAX_SCANS or (progressive and scans * width * height > MAX_SCANNED_PIXELS):
        raise UndecodableImage(N_("The JPEG consists of far too many scans. Export the picture again as JPEG or PNG."))
    # A picture in several scans is kept as its coefficients, 16 bits each. One in a single scan never is as a whole.
    needed = 2 * _coefficients(frame, width, height, components) if progressive or scan[0] < components else 0
    return Container("JPEG", (width, height), head + upload[start:end], needed, "progressive JPEG", turned)


def _scans(upload: bytes, at: int) -> tuple[int, int]:
    """Scans, the first included, and where the picture ends: what follows is a film, a preview or a stranger's file."""
    scans = 1
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(upload, at)
        if found is None:
            return scans, len(upload)  # cut off, which the decoder tells
        at, marker = found.end(), upload[found.end() - 1]
        if marker == _EOI:
            return scans, at
        if marker not in _STANDALONE:
            at += max(2, struct.unpack_from(">H", upload, at)[0])
        scans += marker == _SOS
        if scans > MAX_SCANS:
            return scans, at
    raise too_much_metadata()


def _coefficients(frame: bytes, width: int, height: int, components: int) -> int:
    factors = [divmod(frame[8 + 3 * number], 16) for number in range(components)]
    widest, highest = (max([1, *(factor[axis] for factor in factors)]) for axis in (0, 1))
    return sum(_blocks(width, across, widest) * _blocks(height, down, highest) * 64 for across, down in factors)


def _blocks(side: int, factor: int, largest: int) -> int:
    return -(-side * factor // (8 * largest))


def _tells_colours(marker: int, body: bytes) -> bool:
    return (marker == 0xE0 and body.startswith(b"JFIF\0")) or (marker == 0xEE and body.startswith(b"Adobe"))


def _unread_kind() -> UndecodableImage:
    return UndecodableImage(
        N_("This kind of compression inside a JPEG is not read. Export the picture as an ordinary JPEG or as PNG.")
    )
