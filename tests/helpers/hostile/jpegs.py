"""JPEGs: cut off between and inside segments, contradictory, of kinds that nobody sends, and stuffed."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.helpers.hostile.case import Case, cuts, file_case
from tests.helpers.uploads import encoded, lesion

KIND = "JPEG"


def segments(whole: bytes) -> list[tuple[int, int]]:
    """Where each segment before the first scan's data begins and ends."""
    found, at = [], 2
    while True:
        end = at + 2 + struct.unpack_from(">H", whole, at + 2)[0]
        found.append((at, end))
        if whole[at + 1] == 0xDA:
            return found
        at = end


def frame_at(whole: bytes) -> int:
    """Where the frame header begins."""
    return next(start for start, _ in segments(whole) if whole[start + 1] in (0xC0, 0xC2))


def of_size(whole: bytes, width: int, height: int) -> bytes:
    """The same file, which says that it is of another size."""
    at = frame_at(whole) + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


def with_segment(whole: bytes, *contents: tuple[int, bytes]) -> bytes:
    """Further segments (marker, content) in front."""
    added = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in contents)
    return whole[:2] + added + whole[2:]


def cases() -> Iterator[Case]:
    picture = lesion(7, 120, 160)
    plain = encoded(picture, "JPEG", quality=90)
    progressive = encoded(picture, "JPEG", quality=90, progressive=True)
    yield from _cut(plain, progressive)
    yield from _contradictory(plain, progressive)
    yield from _stuffed(plain)
    for mode in ("CMYK",):
        yield file_case(f"{KIND}: kinds not read", f"jpeg in {mode}", encoded(Image.new(mode, (90, 90)), "JPEG"))
    frame = frame_at(plain)
    for marker in (0xC3, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF):
        other = plain[: frame + 1] + bytes([marker]) + plain[frame + 2 :]
        yield file_case(f"{KIND}: kinds not read", f"jpeg of frame type {marker:02X}", other)
    for bits in (0, 1, 7, 9, 12, 16, 255):
        other = plain[: frame + 4] + bytes([bits]) + plain[frame + 5 :]
        yield file_case(f"{KIND}: kinds not read", f"jpeg of {bits} bits", other)


def _cut(plain: bytes, progressive: bytes) -> Iterator[Case]:
    edges = [edge for start, end in segments(plain) for edge in (start, start + 1, (start + end) // 2)]
    scan = segments(plain)[-1][1]
    inside = [scan + (len(plain) - scan) * share // 4 for share in range(4)]
    yield from cuts(f"{KIND}: cut off", "jpeg", plain, [*edges, *inside])
    scans = [at for at in range(len(progressive)) if progressive[at : at + 2] == b"\xff\xda"]
    yield from cuts(
        f"{KIND}: cut off", "progressive jpeg", progressive, [at + extra for at in scans for extra in (0, 9)]
    )
    for share in (1, 3, 5):
        closed = plain[: scan + (len(plain) - scan) * share // 8] + b"\xff\xd9"
        yield file_case(f"{KIND}: cut off", f"jpeg cut off after {share}/8 and closed again", closed)


def _contradictory(plain: bytes, progressive: bytes) -> Iterator[Case]:
    kind = f"{KIND}: contradictory"
    for width, height in ((0, 0), (0, 120), (160, 0), (1, 1), (63, 120), (65_535, 65_535), (65_535, 64), (64, 65_535)):
        yield file_case(kind, f"jpeg that says {width} × {height}", of_size(plain, width, height))
    for side in (4097, 7000):
        yield file_case(kind, f"progressive jpeg that says {side} × {side}", of_size(progressive, side, side))
    frame, parts = frame_at(plain), segments(plain)
    for count in (0, 1, 2, 4, 5, 255):
        yield file_case(kind, f"jpeg of {count} components", plain[: frame + 9] + bytes([count]) + plain[frame + 10 :])
    for factors in (0x00, 0x0F, 0xF0, 0xFF, 0x51):
        yield file_case(
            kind, f"jpeg of sampling {factors:02X}", plain[: frame + 11] + bytes([factors]) + plain[frame + 12 :]
        )
    for name, marker in (("quantisation tables", 0xDB), ("Huffman tables", 0xC4), ("frame", 0xC0), ("scan", 0xDA)):
        without = plain[:2] + b"".join(plain[start:end] for start, end in parts if plain[start + 1] != marker)
        # Without Huffman tables the usual ones are meant, as in films of JPEGs.
        twin = plain if marker == 0xC4 else None
        yield file_case(kind, f"jpeg without {name}", without + plain[parts[-1][1] :], twin)
    start, end = next(entry for entry in parts if entry[0] == frame)
    yield file_case(kind, "jpeg of two frames", plain[:end] + plain[start:end] + plain[end:])
    start, end = next(entry for entry in parts if plain[entry[0] + 1] == 0xC4)
    yield file_case(
        kind, "jpeg with an impossible Huffman table", plain[: start + 5] + b"\xff" * 16 + plain[start + 21 :]
    )
    yield file_case(kind, "jpeg with a quantisation table of zeros", with_segment(plain, (0xDB, b"\x1f" + b"\0" * 64)))
    scan = parts[-1][0]
    yield file_case(kind, "jpeg whose scan has no component", plain[: scan + 4] + b"\0" + plain[scan + 5 :])
    yield file_case(kind, "jpeg whose scan names a stranger", plain[: scan + 5] + b"\x77" + plain[scan + 6 :])
    yield file_case(kind, "jpeg whose segment is longer than the file", plain[:4] + b"\xff\xff" + plain[6:1000])
    yield file_case(kind, "jpeg that ends at once", b"\xff\xd8\xff\xd9")


def _stuffed(plain: bytes) -> Iterator[Case]:
    kind = f"{KIND}: stuffed"
    whole = encoded(lesion(7, 120, 160), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    for scans in (65, 1000, 20_000):
        repeated = whole[:last] + whole[last:-2] * scans + whole[-2:]
        yield file_case(kind, f"jpeg of {scans} scans", repeated)
    yield file_case(
        kind, "jpeg of 300,000 tiny segments", whole[:2] + b"\xff\xe1\x00\x0aExif\0\0aa" * 300_000 + whole[2:]
    )
    yield file_case(kind, "jpeg with a megabyte of fill bytes", whole[:2] + b"\xff" * 1_000_000 + whole[2:])
    yield file_case(kind, "jpeg with two megabytes between segments", plain[:20] + b"a" * 2_000_000 + plain[20:], plain)
    profile = [(0xE2, b"ICC_PROFILE\0" + bytes([number, 60]) + b"x" * 60_000) for number in range(1, 61)]
    yield file_case(kind, "jpeg with a colour profile of 3.6 MB", with_segment(plain, *profile), plain)
    exif = [(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + b"\xff" * 60_000)] * 40
    yield file_case(kind, "jpeg with 2.4 MB of broken EXIF", with_segment(plain, *exif), plain)
    yield file_case(
        kind, "jpeg with EXIF of 5000 tags that share their data", with_segment(plain, (0xE1, sharing())), plain
    )
    loop = b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0"
    yield file_case(kind, "jpeg with EXIF that leads to itself", with_segment(plain, (0xE1, loop)), plain)
    yield file_case(kind, "jpeg with orientation 77", with_segment(plain, (0xE1, turned(77))), plain)
    yield file_case(
        kind, "jpeg followed by 2 MB of a film", plain + b"\0\0\0\x18ftypmp42" + b"\xff\xda\x12" * 700_000, plain
    )
    yield file_case(kind, "jpeg followed by another", plain + plain, plain)
    yield file_case(
        kind, "jpeg with 60 kB of comment", with_segment(plain, (0xFE, b"<script>alert(1)</script>" * 2400)), plain
    )


def sharing() -> bytes:
    """EXIF in which 5000 tags have the same 4 kB."""
    entries = b"".join(struct.pack("<HHLL", tag, 7, 4000, 8) for tag in range(1000, 6000))
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5000) + entries


def turned(orientation: int) -> bytes:
    """EXIF of one tag."""
    return b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHLHH", 0x0112, 3, 1, orientation, 0) + b"\0\0\0\0"
