"""BMPs: cut off, impossible, and packed so that unpacking takes seconds."""

import struct
from collections.abc import Iterator

import numpy as np

from tests.helpers.hostile.case import Case, cuts, file_case
from tests.helpers.uploads import encoded, lesion

KIND = "BMP"


def bmp(width: int, height: int, bits: int = 24, compression: int = 0, colours: int = 0, pixels: bytes = b"") -> bytes:
    """A BMP with a header of 40 bytes."""
    table = bytes(4 * colours)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, colours, 0)
    start = 14 + len(info) + len(table)
    return b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start) + info + table + pixels


def cases() -> Iterator[Case]:
    picture = lesion(7, 120, 160)
    plain, content = encoded(picture, "BMP"), np.asarray(picture)
    places = [2, 6, 10, 14, 16, 18, 22, 28, 30, 34, 46, 53, 54, 55, *(len(plain) * share // 6 for share in range(1, 6))]
    yield from cuts(f"{KIND}: cut off", "bmp", plain, [*places, len(plain) - 1])
    kind = f"{KIND}: impossible"
    some = bytes(range(256)) * 400
    for width, height in (
        (0, 0),
        (0, 80),
        (80, 0),
        (-80, 80),
        (80, -(2**31)),
        (2**31 - 1, 2**31 - 1),
        (-(2**31), -(2**31)),
        (100_000, 100_000),
        (641, 80),
        (80, -641),
        (1, 1),
        (7000, 7000),
    ):
        yield file_case(kind, f"bmp of {width} × {height}", bmp(width, height, pixels=some))
    for bits in (0, 2, 3, 5, 7, 12, 33, 48, 64, 65_535):
        yield file_case(kind, f"bmp of {bits} bits", bmp(80, 80, bits, pixels=some))
    for compression in (4, 5, 6, 11, 99, 2**32 - 1):
        yield file_case(kind, f"bmp of compression {compression}", bmp(80, 80, 24, compression, pixels=some))
    for size in (0, 11, 39, 41, 200, 2**32 - 1):
        yield file_case(kind, f"bmp with a header of {size} bytes", plain[:14] + struct.pack("<I", size) + plain[18:])
    yield file_case(kind, "bmp whose pixels are beyond its end", plain[:10] + b"\xff\xff\xff\x7f" + plain[14:])
    yield file_case(kind, "bmp of a million colours", bmp(80, 80, 8, 0, 100_000, some))
    yield file_case(kind, "bmp of colours that it does not tell", bmp(80, 80, 8, 0, 3, some))
    yield file_case(kind, "bmp with unknown bit fields", bmp(80, 80, 32, 3, pixels=b"\x12\x34\x56\x78" * 7000))
    slow = b"\x01\x80" * 2_000_000 + b"\0\1"
    yield file_case("bombs of time", "bmp of two million runs of one pixel", bmp(2000, 1000, 8, 1, 256, slow))
    yield file_case("bombs of time", "bmp of four-bit runs", bmp(2000, 1000, 4, 2, 16, slow))
    rows = content[:, :, ::-1].tobytes()
    yield file_case(f"{KIND}: unusual but whole", "bmp from top to bottom", bmp(160, -120, pixels=rows), plain)
