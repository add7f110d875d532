"""TIFFs: directories that are cut off, lie, lead back or share their data, and kinds of pixels without colours."""

import struct
from collections.abc import Iterator, Mapping

import numpy as np
from PIL import Image

from tests.helpers.hostile.case import Case, cuts, file_case, small_lesion
from tests.helpers.uploads import encoded, lesion

KIND = "TIFF"
SHORT, LONG, RATIONAL, UNDEFINED = 3, 4, 5, 7
Value = tuple[int, int, int]
"""Type, count, and value or place."""


def tiff(changes: Mapping[int, Value | None], pixels: bytes = b"", *, following: int = 0, more: bytes = b"") -> bytes:
    """A grey picture, 80 × 80, raw, with these tags changed; `following` is where the next directory is said to be."""
    content = pixels or bytes(range(80)) * 80
    usual: dict[int, Value | None] = {
        256: (LONG, 1, 80),
        257: (LONG, 1, 80),
        258: (SHORT, 1, 8),
        259: (SHORT, 1, 1),
        262: (SHORT, 1, 1),
        273: (LONG, 1, 8),
        277: (SHORT, 1, 1),
        278: (LONG, 1, 80),
        279: (LONG, 1, len(content)),
    }
    tags = {tag: value for tag, value in sorted((usual | dict(changes)).items()) if value is not None}
    entries = b"".join(_entry(tag, *value) for tag, value in tags.items())
    start = 8 + len(content) + len(more)
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<L", following)
    return b"II*\0" + struct.pack("<L", start) + content + more + directory


def _entry(tag: int, kind: int, count: int, value: int) -> bytes:
    packed = struct.pack("<HH", value & 0xFFFF, 0) if kind == SHORT and count == 1 else struct.pack("<L", value)
    return struct.pack("<HHL", tag, kind, count) + packed


def cases() -> Iterator[Case]:
    plain = encoded(lesion(7, 120, 160), "TIFF")
    (start,) = struct.unpack_from("<L", plain, 4)
    (tags,) = struct.unpack_from("<H", plain, start)
    inside = [start + 2 + 12 * number + extra for number in range(tags) for extra in (0, 5)]
    yield from cuts(f"{KIND}: cut off", "tiff", plain, [2, 4, 6, 8, start, start + 1, *inside, len(plain) - 1])
    packed = encoded(lesion(7, 120, 160), "TIFF", compression="tiff_adobe_deflate")
    yield from cuts(f"{KIND}: cut off", "packed tiff", packed, [len(packed) * share // 8 for share in range(1, 8)])
    yield from _directories()
    yield from _pixels()
    yield from _stacks()
    kind = f"{KIND}: unusual but whole"
    picture = small_lesion()
    for name, options in {
        "tiff in big-endian order": {},
        "BigTIFF": {"big_tiff": True},
        "tiff of LZW": {"compression": "tiff_lzw"},
    }.items():
        whole = encoded(lesion(7, 120, 160), "TIFF", **options)
        yield file_case(kind, name, _swapped() if "big-endian" in name else whole, picture)
    grey = encoded(Image.fromarray(np.tile(np.arange(80, dtype=np.uint8), (80, 1))), "PNG")
    yield file_case(kind, "tiff with orientation 77", tiff({274: (SHORT, 1, 77)}), grey)
    yield file_case(kind, "tiff with 60,000 numbers of a resolution", tiff({282: (RATIONAL, 800, 8)}), grey)


def _swapped() -> bytes:
    """The plain picture with every number the other way round."""
    content = np.asarray(lesion(7, 120, 160)).tobytes()
    values = {256: 160, 257: 120, 258: 8, 259: 1, 262: 2, 273: 8, 277: 3, 278: 120, 279: len(content)}
    entries = b"".join(struct.pack(">HHLL", tag, LONG, 1, value) for tag, value in values.items())
    return b"MM\0*" + struct.pack(">L", 8 + len(content)) + content + struct.pack(">H", 9) + entries + bytes(4)


def _directories() -> Iterator[Case]:
    kind = f"{KIND}: impossible directories"
    wrong: dict[str, dict[int, Value | None]] = {
        "no width": {256: None},
        "no height": {257: None},
        "no strips": {273: None},
        "width 0": {256: (LONG, 1, 0)},
        "a height of 2^32 - 1": {257: (LONG, 1, 2**32 - 1)},
        "60,000 × 60,000": {256: (LONG, 1, 60_000), 257: (LONG, 1, 60_000)},
        "7000 × 7000 in one strip": {
            256: (LONG, 1, 7000),
            257: (LONG, 1, 7000),
            278: (LONG, 1, 7000),
            258: (SHORT, 1, 16),
        },
        "a strip of negative size": {279: (LONG, 1, 2**32 - 1)},
        "a strip beyond its end": {273: (LONG, 1, 2**31)},
        "4 billion strips": {273: (LONG, 2**32 - 1, 8)},
        "a million strips": {273: (LONG, 1_000_000, 8)},
        "0 rows a strip": {278: (LONG, 1, 0)},
        "strips of other numbers": {273: (LONG, 300, 8), 279: (LONG, 2, 8)},
        "a width of 30,000 numbers": {256: (SHORT, 3000, 8)},
        "a width in words": {256: (2, 4, 8)},
        "tiles of 2^31": {
            322: (LONG, 1, 2**31 - 16),
            323: (LONG, 1, 2**31 - 16),
            324: (LONG, 1, 8),
            325: (LONG, 1, 6400),
        },
        "tiles of 1": {322: (LONG, 1, 1), 323: (LONG, 1, 1), 324: (LONG, 1, 8), 325: (LONG, 1, 6400)},
        "tiles of 0": {322: (LONG, 1, 0), 323: (LONG, 1, 0), 324: (LONG, 1, 8), 325: (LONG, 1, 6400)},
        "a tag of an unknown type": {258: (99, 1, 8)},
    }
    for name, changes in wrong.items():
        yield file_case(kind, f"tiff with {name}", tiff(changes))
    yield file_case(kind, "tiff whose directory is its header", b"II*\0\0\0\0\0" + bytes(400))
    yield file_case(kind, "tiff whose directory is beyond its end", b"II*\0\xff\xff\xff\x7f" + bytes(400))
    yield file_case(kind, "tiff of 65,535 tags", b"II*\0\x08\0\0\0\xff\xff" + bytes(range(12)) * 65_535 + bytes(4))
    shared = b"".join(struct.pack("<HHLL", tag, UNDEFINED, 1_000_000, 8) for tag in range(1000, 11_000))
    huge = b"II*\0" + struct.pack("<L", 1_000_008) + bytes(1_000_000) + struct.pack("<H", 10_000) + shared + bytes(4)
    yield file_case(kind, "tiff of 10,000 tags that share a megabyte", huge)
    plain = tiff({})
    (start,) = struct.unpack_from("<L", plain, 4)
    twice = plain[:start] + struct.pack("<H", 10) + plain[start + 2 : start + 14] + plain[start + 2 :]
    yield file_case(kind, "tiff that tells its width twice", twice)
    yield file_case(kind, "BigTIFF of 2^63 tags", b"II+\0\x08\0\0\0\x10" + bytes(7) + b"\xff" * 8 + bytes(400))


def _pixels() -> Iterator[Case]:
    kind = f"{KIND}: kinds not read"
    for compression in (2, 3, 4, 6, 7, 9, 10, 34_712, 34_925, 50_000, 50_001, 32_771, 99, 65_535):
        yield file_case(kind, f"tiff of compression {compression}", tiff({259: (SHORT, 1, compression)}))
    random = np.random.default_rng(3)
    for name, pixels in {
        "not a number": np.full((80, 80), np.nan),
        "infinite": np.full((80, 80), np.inf),
        "negative": -random.random((80, 80)),
        "of float32": random.random((80, 80)),
    }.items():
        yield file_case(kind, f"tiff of pixels {name}", encoded(Image.fromarray(pixels.astype(np.float32)), "TIFF"))
    signed = Image.fromarray(random.integers(-(2**31), 2**31 - 1, (80, 80), dtype=np.int32))
    yield file_case(kind, "tiff of negative numbers of 32 bits", encoded(signed, "TIFF"))
    words = bytes(range(256)) * 60
    for bits in (0, 3, 12, 17, 24, 32, 64, 65_535):
        yield file_case(kind, f"tiff of {bits} bits", tiff({258: (SHORT, 1, bits), 279: (LONG, 1, len(words))}, words))
    for photometric in (0, 3, 4, 5, 6, 8, 9, 32_803, 99):
        changes: dict[int, Value | None] = {
            258: (SHORT, 1, 16),
            262: (SHORT, 1, photometric),
            279: (LONG, 1, len(words)),
        }
        yield file_case(kind, f"tiff of 16 bits and photometric {photometric}", tiff(changes, words))
    for mode in ("CMYK", "LAB"):
        yield file_case(kind, f"tiff in {mode}", encoded(Image.new(mode, (80, 80)), "TIFF"))
    for predictor, compression in ((3, 8), (99, 8), (2, 5)):
        odd = tiff({317: (SHORT, 1, predictor), 259: (SHORT, 1, compression)})
        yield file_case(kind, f"tiff of predictor {predictor} and no packed pixels", odd)


def _stacks() -> Iterator[Case]:
    kind = "animations and stacks"
    frame = Image.new("L", (64, 64))
    stack = encoded(frame, "TIFF", save_all=True, append_images=[frame] * 300)
    yield file_case(kind, "tiff of 301 pictures", stack)
    whole = tiff({})
    (start,) = struct.unpack_from("<L", whole, 4)
    yield file_case(kind, "tiff whose next directory is the same", tiff({}, following=start))
    yield file_case(kind, "tiff whose next directory is nowhere", tiff({}, following=2**32 - 2))
    chain = b"".join(struct.pack("<HL", 0, 8 + 6400 + 6 * (number + 1)) for number in range(100_000))
    yield file_case(kind, "tiff of a chain of 100,000 directories", tiff({}, following=8 + 6400, more=chain))
    yield file_case(
        kind,
        "tiff with a directory inside that leads back",
        tiff({330: (LONG, 1, start), 34_665: (LONG, 1, start)}),
        encoded(Image.fromarray(np.tile(np.arange(80, dtype=np.uint8), (80, 1))), "PNG"),
    )
