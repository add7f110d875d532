"""Small files of very many pixels: small to send, and large, or slow, to whoever decodes them without asking."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests.helpers.hostile.case import Case, file_case
from tests.helpers.hostile.jpegs import of_size
from tests.helpers.hostile.tiffs import LONG, SHORT, tiff
from tests.helpers.uploads import encoded, huge_one_bit_png, lesion, png

KIND = "bombs of pixels"
SIDE = 7000
"""49 megapixels, less than LESION_MAX_MEGAPIXELS."""


def cases() -> Iterator[Case]:
    for side in (9000, 20_000):
        yield file_case(KIND, f"one-bit png of {side} × {side}", huge_one_bit_png(side))
    for name, bits, colours, pixel_bytes in (
        ("RGBA", 8, 6, 4),
        ("RGB", 8, 2, 3),
        ("16-bit RGBA", 16, 6, 8),
        ("16-bit grey", 16, 0, 2),
        ("grey and transparency", 8, 4, 2),
    ):
        header = struct.pack(">IIBBBBB", SIDE, SIDE, bits, colours, 0, 0, 0)
        yield file_case(
            KIND, f"{name} png of 49 megapixels", png(header, None, data=zeros(SIDE * (1 + pixel_bytes * SIDE)))
        )
    yield file_case(KIND, "lossless webp of 49 megapixels", flat_webp(SIDE, SIDE))
    progressive = encoded(lesion(7, 120, 160), "JPEG", progressive=True, subsampling=0)
    yield file_case(KIND, "progressive jpeg of 49 megapixels", of_size(progressive, SIDE, SIDE))
    last = progressive.rindex(b"\xff\xda")
    scans = progressive[:last] + progressive[last:-2] * 40 + progressive[-2:]
    yield file_case("bombs of time", "jpeg of 40 scans and 16 megapixels", of_size(scans, 4000, 4000))
    yield file_case(KIND, "jpeg of 49 megapixels in 3 kB", of_size(encoded(lesion(7, 120, 160), "JPEG"), SIDE, SIDE))
    deflated = zlib.compress(bytes(6_000_000), 9)
    sides = {
        256: (LONG, 1, SIDE),
        257: (LONG, 1, SIDE),
        259: (SHORT, 1, 8),
        278: (LONG, 1, SIDE),
        279: (LONG, 1, len(deflated)),
    }
    yield file_case(
        KIND,
        "packed tiff of 49 megapixels in one strip",
        tiff({**sides, 277: (SHORT, 1, 3), 262: (SHORT, 1, 2)}, deflated),
    )
    tiles = {
        259: (SHORT, 1, 8),
        322: (LONG, 1, 40_000),
        323: (LONG, 1, 40_000),
        324: (LONG, 1, 8),
        325: (LONG, 1, len(deflated)),
    }
    yield file_case(
        KIND, "packed tiff of 80 × 80 in a tile of 40,000 × 40,000", tiff({**tiles, 273: None, 279: None}, deflated)
    )
    yield from _almost()


def _almost() -> Iterator[Case]:
    """As large as is read: decoded whole, and refused for what they show."""
    kind = "as large as is read"
    header = struct.pack(">IIBBBBB", 5000, 4990, 8, 2, 0, 0, 0)
    yield file_case(kind, "png of 24.9 megapixels", png(header, None, data=zeros(4990 * 15_001)))
    header = struct.pack(">IIBBBBB", 3500, 3560, 16, 6, 0, 0, 0)
    yield file_case(kind, "16-bit RGBA png of 12.4 megapixels", png(header, None, data=zeros(3560 * 28_001)))
    yield file_case(kind, "lossless webp of 6.2 megapixels", flat_webp(2499, 2499))
    tall = Image.new("L", (2400, 19_200))
    yield file_case(kind, "grey png of 46 megapixels, as long as may be", encoded(tall, "PNG", compress_level=1))
    photo = encoded(Image.fromarray(np.full((4000, 4100, 3), 120, np.uint8)), "JPEG", progressive=True, subsampling=0)
    yield file_case(kind, "progressive jpeg of 16.4 megapixels", photo)
    strip = encoded(
        Image.new("RGB", (3800, 3700), (1, 2, 3)), "TIFF", compression="tiff_adobe_deflate", strip_size=1 << 30
    )
    yield file_case(kind, "packed tiff of 14 megapixels in one strip", strip)


def flat_webp(width: int, height: int) -> bytes:
    """A lossless WebP of one colour. It takes no bit a pixel: only its header tells a small one from a large."""
    whole = encoded(Image.new("RGB", (64, 64), (200, 150, 120)), "WEBP", lossless=True, method=0, quality=0)
    return whole[:21] + struct.pack("<I", (width - 1) | (height - 1) << 14) + whole[25:]


def zeros(count: int) -> bytes:
    """So many zeros as a zlib stream, made of one deflated megabyte that is repeated (RFC 1950 and 1951)."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(9, wbits=-15)
    last = rest.compress(bytes(count & (1 << 20) - 1)) + rest.flush()
    return b"\x78\xda" + block * (count >> 20) + last + struct.pack(">HH", count % 65_521, 1)
