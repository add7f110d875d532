"""PNGs: cut off at every chunk, with wrong checksums and headers, short tables, and far too many chunks."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.helpers.hostile.bombs import zeros
from tests.helpers.hostile.case import Case, cuts, file_case, small_lesion
from tests.helpers.hostile.jpegs import sharing, turned
from tests.helpers.uploads import chunk, encoded, lesion, png, sixteen_bit_rgb_png

KIND = "PNG"
SIDE = 80


def chunks(whole: bytes) -> list[tuple[int, int]]:
    """Where each chunk begins and ends."""
    found, at = [], 8
    while at < len(whole):
        end = at + 12 + struct.unpack_from(">I", whole, at)[0]
        found.append((at, end))
        at = end
    return found


def rows(pixel_bytes: int = 3, count: int = SIDE) -> bytes:
    """Rows of 80 pixels without a filter, each of its own shade."""
    return b"".join(b"\0" + bytes([shade]) * SIDE * pixel_bytes for shade in range(count))


def header(**other: int) -> bytes:
    """IHDR of an RGB picture, 80 × 80, apart from what is named."""
    usual = {"width": SIDE, "height": SIDE, "bits": 8, "colours": 2, "compression": 0, "filters": 0, "interlace": 0}
    return struct.pack(">IIBBBBB", *(usual | other).values())


def cases() -> Iterator[Case]:
    plain = small_lesion()
    places = [
        edge for start, end in chunks(plain) for edge in (start, start + 3, start + 6, (start + end) // 2, end - 2)
    ]
    yield from cuts(f"{KIND}: cut off", "png", plain, places)
    for number, (start, end) in enumerate(chunks(plain)):
        wrong = plain[: end - 4] + bytes(4) + plain[end:]
        yield file_case(f"{KIND}: damaged", f"png with a wrong checksum in chunk {number}", wrong)
        yield file_case(f"{KIND}: damaged", f"png without chunk {number}", plain[:start] + plain[end:])
        if number:
            turned_bit = (
                plain[: start + 9] + bytes([plain[start + 9] ^ 1]) + plain[start + 10 :]
                if end - start > 13
                else b"\x89PNG"
            )
            yield file_case(f"{KIND}: damaged", f"png with a bit turned in chunk {number}", turned_bit)
    yield from _headers()
    yield from _pixels()
    yield from _palettes()
    yield from _stuffed(plain)
    deep = sixteen_bit_rgb_png()
    flat = np.empty((70, 80, 3), np.uint8)
    flat[:] = 0x80, 0x40, 0x00
    flat[:, -1] = 0
    yield file_case(
        f"{KIND}: unusual but whole", "png of 16 bits a channel", deep, encoded(Image.fromarray(flat), "PNG")
    )
    opaque = lesion(7, 120, 160).convert("RGBA")
    yield file_case(f"{KIND}: unusual but whole", "png with a transparency of nothing", encoded(opaque, "PNG"), plain)
    shades = np.asarray(lesion(7, 120, 160).convert("L"))
    grey = encoded(Image.fromarray(shades.astype(np.uint16) * 257), "PNG")
    yield file_case(f"{KIND}: unusual but whole", "png of 16-bit grey", grey, encoded(Image.fromarray(shades), "PNG"))


def _headers() -> Iterator[Case]:
    kind = f"{KIND}: impossible headers"
    wrong = [
        {"width": 0},
        {"height": 0},
        {"width": 0, "height": 0},
        {"width": 1, "height": 1},
        {"width": 63},
        {"width": 2**31 - 1, "height": 2**31 - 1},
        {"width": 2**32 - 1, "height": 2**32 - 1},
        {"width": 2**31},
        {"width": 100_000, "height": 100_000},
        {"width": 641, "height": 80},
        {"width": 80, "height": 641},
        {"bits": 0},
        {"bits": 3},
        {"bits": 32},
        {"bits": 255},
        {"bits": 1},
        {"bits": 4},
        {"colours": 1},
        {"colours": 5},
        {"colours": 7},
        {"colours": 255},
        {"compression": 1},
        {"filters": 1},
        {"interlace": 2},
        {"interlace": 255},
        {"colours": 3},
        {"colours": 6},
        {"bits": 16},
        {"height": 81},
        {"height": 5000},
    ]
    for other in wrong:
        yield file_case(kind, f"png whose header says {other}", png(header(**other), rows()))
    yield file_case(kind, "png with two headers", png(header(), rows(), [(b"IHDR", header())]))
    yield file_case(kind, "png with a header of 5 bytes", png(header()[:5], rows()))


def _pixels() -> Iterator[Case]:
    kind = f"{KIND}: impossible pixels"
    whole = zlib.compress(rows())
    for name, data in {
        "no pixels": b"",
        "no zlib stream": b"\0" * 100,
        "random bytes": np.random.default_rng(1).bytes(500),
        "half a zlib stream": whole[: len(whole) // 2],
        "half of the rows": zlib.compress(rows(count=40)),
        "an unknown filter": zlib.compress(b"".join(b"\x09" + bytes([row]) * 240 for row in range(80))),
        "a zlib dictionary": b"\x78\xbb" + whole[2:],
    }.items():
        yield file_case(kind, f"png of {name}", png(header(), None, data=data))


def _palettes() -> Iterator[Case]:
    kind = f"{KIND}: short palettes"
    indices = b"".join(b"\0" + bytes(range(80)) for _ in range(80))
    for colours in (0, 1, 2, 40, 79):
        table = [(b"PLTE", bytes(range(3 * colours)))] if colours else []
        yield file_case(kind, f"png of 80 colours of which {colours} are told", png(header(colours=3), indices, table))
    yield file_case(kind, "png of 300 colours", png(header(colours=3), indices, [(b"PLTE", b"abc" * 300)]))
    yield file_case(kind, "png of half a colour", png(header(colours=3), indices, [(b"PLTE", b"abcd")]))


def _stuffed(plain: bytes) -> Iterator[Case]:
    kind = f"{KIND}: stuffed"
    after_header = chunks(plain)[0][1]

    def stuffed(*added: bytes) -> bytes:
        return plain[:after_header] + b"".join(added) + plain[after_header:]

    text = zeros(60_000_000)
    yield file_case(kind, "png with a zTXt of 60 MB in 60 kB", stuffed(chunk(b"zTXt", b"a\0\0" + text)), plain)
    yield file_case(kind, "png with an iTXt of 60 MB in 60 kB", stuffed(chunk(b"iTXt", b"a\0\1\0\0\0" + text)), plain)
    yield file_case(
        kind, "png with a colour profile of 60 MB in 60 kB", stuffed(chunk(b"iCCP", b"a\0\0" + text)), plain
    )
    yield file_case(kind, "png with twenty of those", stuffed(*[chunk(b"zTXt", b"a\0\0" + text)] * 20), plain)
    yield file_case(kind, "png with 5 MB of text", stuffed(chunk(b"tEXt", b"Author\0" + b"Jane Doe" * 600_000)), plain)
    yield file_case(kind, "png of 200,000 empty chunks", stuffed(chunk(b"IDAT", b"") * 200_000))
    yield file_case(kind, "png of 100,000 texts", stuffed(chunk(b"tEXt", b"a\0b") * 100_000))
    yield file_case(
        kind, "png with EXIF of 5000 tags that share their data", stuffed(chunk(b"eXIf", sharing()[6:])), plain
    )
    yield file_case(kind, "png with orientation 0", stuffed(chunk(b"eXIf", turned(0)[6:])), plain)
    yield file_case(kind, "png followed by a page", plain + b"<html><script>alert(1)</script></html>", plain)
    yield file_case(kind, "png followed by an archive", plain + b"PK\x03\x04" + b"\0" * 1000, plain)
    yield file_case(
        kind, "png with a program in its text", stuffed(chunk(b"tEXt", b"a\0<?php system($_GET[1]);?>")), plain
    )
    for frames in (2, 2**31 - 1):
        control = chunk(b"acTL", struct.pack(">II", frames, 0))
        yield file_case("animations and stacks", f"png of {frames} frames", stuffed(control))
