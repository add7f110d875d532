"""TIFF 6.0 and BigTIFF: a directory of tags that point anywhere in the file."""

import struct
from dataclasses import dataclass

from app.screening.containers.exif import upright_unless_known
from app.screening.containers.picture import Container, damaged, several_pictures, too_much_metadata
from app.screening.errors import UndecodableImage
from app.screening.words import N_

MAX_TAGS = 512
MAX_VALUES = 65_536
"""Of one tag: a strip a row, or tiles of 64 pixels of the largest picture. Pillow makes a Python object of each."""

LARGE_TILE = 1024
"""Pixels; a tile may be larger than its picture up to here."""

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES = 256, 257, 258, 259, 262, 274, 277
_ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT = 278, 284, 322, 323
_STRIPS, _TILES = (273, 279), (324, 325)
"""Tags with the places and with the sizes."""

_KEPT = frozenset(
    {_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _ROWS, _PLANAR, _TILE_WIDTH, _TILE_HEIGHT}
) | {*_STRIPS, *_TILES, 266, 317, 320, 338, 339, 529, 530, 531, 532}
"""And: fill order, predictor, colour map, extra samples, sample format, the four of YCbCr."""

_LOSSLESS = frozenset({1, 5, 8, 32_773, 32_946})
"""Raw, LZW, deflate, PackBits, deflate's old number. Without JPEG, whose scans are not counted there, and fax codes."""

_BLACK_IS_ZERO, _YCBCR = 1, 6
_TYPES = {1: (1, "B"), 3: (2, "H"), 4: (4, "L"), 5: (8, ""), 16: (8, "Q")}
"""Bytes and struct's letter of TIFF's types: BYTE, SHORT, LONG, RATIONAL (never read here), LONG8."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Attributes:
    order: struct's sign of the byte order.
    entry, counter: struct's letters of one tag without its value, and of how many there are.
    word: bytes of an offset: 4, in BigTIFF 8.
    """

    order: str
    entry: str
    counter: str
    word: int

    @property
    def entry_bytes(self) -> int:
        """Of one tag."""
        return struct.calcsize(self.order + self.entry) + self.word

    def offset(self, upload: bytes, at: int) -> int:
        """The offset that stands at `at`."""
        return int.from_bytes(upload[at : at + self.word], "little" if self.order == "<" else "big")


_DIRECTORIES = {
    b"II*\0": Directory("<", "HHL", "H", 4),
    b"MM\0*": Directory(">", "HHL", "H", 4),
    b"II+\0": Directory("<", "HHQ", "Q", 8),
    b"MM\0+": Directory(">", "HHQ", "Q", 8),
}


def is_one(upload: bytes) -> bool:
    """Whether the file begins as a TIFF."""
    return upload[:4] in _DIRECTORIES


def read(upload: bytes) -> Container:
    """Reads the only directory, and puts one in its place that has no tag but the picture's own."""
    layout = _DIRECTORIES[upload[:4]]
    kept, found, end = _tags(upload, layout)
    if layout.offset(upload, end):
        raise several_pictures()
    width, height = _one(found, _WIDTH), _one(found, _HEIGHT)
    _check_kind(found)
    _check_places(found, len(upload))
    bits, samples = max(found.get(_BITS, (1,))), _one(found, _SAMPLES, 1)
    pixel = 4 if samples > 1 or bits > 16 else -(-bits // 8)
    return Container(
        "TIFF",
        (width, height),
        _with_directory(upload, layout, kept),
        pixel * width * height + _segment_bytes(found, bits * samples),
        "TIFF",
        upright_unless_known(_one(found, _ORIENTATION, 1)),
    )


def _tags(upload: bytes, layout: Directory) -> tuple[list[bytes], dict[int, tuple[int, ...]], int]:
    """The kept tags as they stand, the values of those that are numbers, and where the directory ends."""
    start = layout.offset(upload, layout.word)
    (count,) = struct.unpack_from(layout.order + layout.counter, upload, start)
    if count > MAX_TAGS:
        raise too_much_metadata()
    start += struct.calcsize(layout.order + layout.counter)
    end = start + count * layout.entry_bytes
    if end + layout.word > len(upload):
        raise damaged()
    kept: list[bytes] = []
    found: dict[int, tuple[int, ...]] = {}
    for at in range(start, end, layout.entry_bytes):
        tag, kind, values = struct.unpack_from(layout.order + layout.entry, upload, at)
        if tag not in _KEPT and tag != _ORIENTATION:
            continue
        if tag in found or kind not in _TYPES:
            raise damaged()
        if values > MAX_VALUES:
            raise too_much_metadata()
        size, letter = _TYPES[kind]
        place = at + layout.entry_bytes - layout.word
        if values * size > layout.word:
            place = layout.offset(upload, place)
        found[tag] = struct.unpack_from(f"{layout.order}{values}{letter}", upload, place) if letter else ()
        if tag in _KEPT:
            kept.append(upload[at : at + layout.entry_bytes])
    return kept, found, end


def _with_directory(upload: bytes, layout: Directory, kept: list[bytes]) -> bytes:
    place = len(upload) + len(upload) % 2
    count = struct.pack(layout.order + layout.counter, len(kept))
    pointer = place.to_bytes(layout.word, "little" if layout.order == "<" else "big")
    parts = upload[: layout.word], pointer, upload[2 * layout.word :], b"\0" * (place - len(upload))
    return b"".join((*parts, count, *kept, b"\0" * layout.word))


def _check_kind(found: dict[int, tuple[int, ...]]) -> None:
    if _one(found, _COMPRESSION, 1) not in _LOSSLESS:
        raise UndecodableImage(
            N_("This kind of compression inside a TIFF is not read. Export the picture as JPEG or PNG.")
        )
    bits = found.get(_BITS, (1,))
    grey = _one(found, _SAMPLES, 1) == 1 and 8 < max(bits) <= 16
    if grey and (bits != (16,) or _one(found, _PHOTOMETRIC, 0) != _BLACK_IS_ZERO):
        raise UndecodableImage(N_("Its grey levels are stored in an unusual way. Export the picture as JPEG or PNG."))


def _check_places(found: dict[int, tuple[int, ...]], end: int) -> None:
    """Raises where pixels lie outside of the file: what follows there is ours, and would be taken for them."""
    tiled = _TILE_WIDTH in found or _TILE_HEIGHT in found
    places, sizes = (found.get(tag, ()) for tag in (_TILES if tiled else _STRIPS))
    if not places or len(places) != len(sizes) or any(tag in found for tag in (_STRIPS if tiled else _TILES)):
        raise damaged()
    if any(place + size > end for place, size in zip(places, sizes, strict=True)):
        raise damaged()
    bits = max(found.get(_BITS, (1,))) * _one(found, _SAMPLES, 1)
    if _one(found, _COMPRESSION, 1) == 1 and sum(sizes) < _one(found, _WIDTH) * _one(found, _HEIGHT) * bits // 8:
        raise damaged()


def _segment_bytes(found: dict[int, tuple[int, ...]], bits: int) -> int:
    """Of the largest strip or tile, which libtiff unpacks as a whole."""
    width, height = _one(found, _WIDTH), _one(found, _HEIGHT)
    if _TILE_WIDTH in found or _TILE_HEIGHT in found:
        across, down = _one(found, _TILE_WIDTH), _one(found, _TILE_HEIGHT)
        if across > max(LARGE_TILE, width + 15) or down > max(LARGE_TILE, height + 15):
            raise damaged()
    else:
        across, down = width, min(height, _one(found, _ROWS, height))
    turned_to_rgb = 4 if _one(found, _PHOTOMETRIC, 0) == _YCBCR else 0
    return across * down * (-(-bits // 8) + turned_to_rgb)


def _one(found: dict[int, tuple[int, ...]], tag: int, default: int | None = None) -> int:
    values = found.get(tag) or (() if default is None else (default,))
    if not values:
        raise damaged()
    return values[0]
