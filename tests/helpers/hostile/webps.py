"""WebPs: cut off at every chunk, with canvases that lie, animated, and stuffed."""

import struct
from collections.abc import Iterator

from PIL import Image

from tests.helpers.hostile.case import Case, cuts, file_case
from tests.helpers.hostile.jpegs import sharing
from tests.helpers.uploads import encoded, lesion

KIND = "WebP"


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of these chunks."""
    body = b"".join(kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    """The chunk that says how large all is."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", bytes([flags, 0, 0, 0]) + sides


def cases() -> Iterator[Case]:
    picture = lesion(7, 120, 160)
    lossless, lossy = encoded(picture, "WEBP", lossless=True), encoded(picture, "WEBP", quality=80)
    for name, whole in (("lossless webp", lossless), ("lossy webp", lossy)):
        places = [4, 8, 12, 14, 16, 20, 22, 25, 30, *(len(whole) * share // 8 for share in range(1, 8)), len(whole) - 2]
        yield from cuts(f"{KIND}: cut off", name, whole, places)
    pixels, coded = (b"VP8L", lossless[20:]), (b"VP8 ", lossy[20:])
    kind = f"{KIND}: contradictory"
    for width, height in ((16_384, 16_384), (1 << 24, 1 << 24), (7000, 7000), (161, 120), (80, 60), (1, 1)):
        yield file_case(kind, f"webp on a canvas of {width} × {height}", riff(canvas(width, height), pixels))
    for width, height in ((16_383, 16_383), (7000, 7000), (0, 0), (1, 1), (160, 10_000)):
        stated = coded[1][:6] + struct.pack("<HH", width, height) + coded[1][10:]
        yield file_case(kind, f"lossy webp that says {width} × {height}", riff((b"VP8 ", stated)))
    for width, height in ((16_384, 16_384), (7000, 7000), (1, 1), (160, 10_000)):
        bits = (width - 1) | (height - 1) << 14
        stated = pixels[1][:1] + struct.pack("<I", bits) + pixels[1][5:]
        yield file_case(kind, f"lossless webp that says {width} × {height}", riff((b"VP8L", stated)))
    yield file_case(kind, "webp of a canvas alone", riff(canvas(160, 120)))
    yield file_case(kind, "webp of nothing", riff())
    yield file_case(kind, "webp of an unknown chunk", riff((b"ABCD", b"\0" * 400)))
    yield file_case(kind, "webp without a start code", riff((b"VP8 ", coded[1][:3] + b"\0\0\0" + coded[1][6:])))
    yield file_case(
        kind, "webp with a transparency of rubbish", riff(canvas(160, 120, 0x10), (b"ALPH", b"\x01\xff\xff"), coded)
    )
    yield file_case(
        kind, "webp whose chunk is longer than the file", lossless[:16] + b"\xff\xff\xff\x7f" + lossless[20:]
    )
    frames = [Image.new("RGB", (160, 120), (shade, 0, 0)) for shade in range(0, 250, 25)]
    animated = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    yield file_case("animations and stacks", "webp of ten frames", animated)
    endless = [canvas(4000, 4000, 2), (b"ANIM", bytes(6))] + [(b"ANMF", bytes(16) + b"VP8L" + bytes(20))] * 20_000
    yield file_case("animations and stacks", "webp of 20,000 frames", riff(*endless))
    kind, size = f"{KIND}: stuffed", canvas(160, 120, 0x2C)
    yield file_case(kind, "webp with EXIF of 5000 tags", riff(size, pixels, (b"EXIF", sharing())), lossless)
    yield file_case(
        kind, "webp with a colour profile of 5 MB", riff(size, (b"ICCP", b"x" * 5_000_000), pixels), lossless
    )
    yield file_case(kind, "webp with XMP of 5 MB", riff(size, pixels, (b"XMP ", b"x" * 5_000_000)), lossless)
    yield file_case(kind, "webp of 200,000 empty chunks", riff(*[(b"ABCD", b"")] * 200_000, pixels))
    yield file_case(kind, "webp of two pictures", riff(pixels, pixels), lossless)
    yield file_case(kind, "webp followed by a page", lossless + b"<html></html>", lossless)
