"""Damaged and hostile files: refused, quickly, and never half decoded."""

import io
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.screening.decode import DecodeLimits, decode
from app.screening.errors import (
    ImageTooLarge,
    ImageTooLong,
    ImageTooSmall,
    UnacceptedFormat,
    UndecodableImage,
    UploadTooLarge,
)
from tests.helpers.uploads import (
    encoded,
    gradient_16_bit,
    huge_one_bit_png,
    lesion,
    truncated_jpeg,
)

LIMITS = DecodeLimits()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_file_cut_off_anywhere_is_refused_and_never_half_decoded(file_format: str) -> None:
    whole = encoded(lesion(), file_format)
    for share in (0.02, 0.1, 0.3, 0.5, 0.8, 0.95):
        with pytest.raises((UndecodableImage, UnacceptedFormat)):
            decode(whole[: int(len(whole) * share)], LIMITS)


def test_a_truncated_jpeg_is_named_damaged() -> None:
    with pytest.raises(UndecodableImage, match="damaged or incomplete"):
        decode(truncated_jpeg(), LIMITS)


@pytest.mark.parametrize("size", [(100, 900), (900, 100), (800, 62_000)])
def test_a_strip_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    strip = encoded(Image.new("1", size), "PNG")
    with pytest.raises(ImageTooLong, match="more than 8 times as long"):
        decode(strip, DecodeLimits())


def test_too_many_pixels_are_refused_before_they_are_decoded() -> None:
    bomb = huge_one_bit_png()
    assert len(bomb) < 50_000
    with pytest.raises(ImageTooLarge, match="50 million pixels"):
        decode(bomb, LIMITS)


def test_a_picture_far_beyond_pillow_s_own_limit_gets_the_same_answer() -> None:
    with pytest.raises(ImageTooLarge):
        decode(huge_one_bit_png(20_000), LIMITS)


def test_damaged_metadata_does_not_spoil_a_good_picture() -> None:
    picture = lesion()
    upload = encoded(picture, "JPEG", quality=95, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09garbage")
    assert decode(upload, LIMITS).shape == (150, 200, 3)


def test_a_webp_canvas_that_is_too_large_is_refused_from_its_header() -> None:
    transparent = lesion().convert("RGBA")
    transparent.putalpha(90)
    header = bytearray(encoded(transparent, "WEBP"))
    assert header[12:16] == b"VP8X"
    header[24:30] = b"\xff\x3f\x00\xff\x3f\x00"
    with pytest.raises(ImageTooLarge):
        decode(bytes(header), LIMITS)


@pytest.mark.parametrize(("width", "height"), [(63, 200), (200, 63)])
def test_a_side_below_64_pixels_is_refused(width: int, height: int) -> None:
    with pytest.raises(ImageTooSmall, match=f"{width} × {height} pixels"):
        decode(encoded(Image.new("RGB", (width, height)), "PNG"), LIMITS)


def test_64_pixels_a_side_are_enough() -> None:
    assert decode(encoded(lesion(1, 64, 64), "PNG"), LIMITS).shape == (64, 64, 3)


def test_more_bytes_than_the_limit_are_refused() -> None:
    upload = encoded(lesion(), "BMP")
    with pytest.raises(UploadTooLarge, match=r"at most 0\.09\d* MB; this file has 0\.1 MB"):
        decode(upload, DecodeLimits(max_bytes=len(upload) - 1))
    assert decode(upload, DecodeLimits(max_bytes=len(upload))).any()


def closed_again(share: float) -> bytes:
    whole = encoded(lesion(1, 300, 400), "JPEG", quality=90)
    return whole[: int(len(whole) * share)] + b"\xff\xd9"


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7])
def test_a_jpeg_that_was_cut_off_and_closed_again_is_refused(share: float) -> None:
    with pytest.raises(UndecodableImage, match=r"lower part is one single colour|damaged"):
        decode(closed_again(share), LIMITS)


def test_a_picture_of_one_colour_is_refused() -> None:
    with pytest.raises(UndecodableImage, match="one single colour"):
        decode(encoded(Image.new("RGB", (200, 200), "pink"), "PNG"), LIMITS)


def progressive_jpeg_with_scans(count: int) -> bytes:
    whole = encoded(lesion(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * count + whole[-2:]


def test_a_progressive_jpeg_is_decoded_and_one_of_endless_scans_is_not() -> None:
    assert decode(progressive_jpeg_with_scans(1), LIMITS).shape == (150, 200, 3)
    with pytest.raises(UndecodableImage, match="too many scans"):
        decode(progressive_jpeg_with_scans(1000), LIMITS)


def test_a_jpeg_of_endless_metadata_is_refused_at_once() -> None:
    whole = encoded(lesion(), "JPEG")
    segments = b"\xff\xe1\x00\x0aExif\0\0aa" * 1_000_000
    started = time.perf_counter()
    with pytest.raises(UndecodableImage, match="too much metadata"):
        decode(whole[:2] + segments + whole[2:], LIMITS)
    assert time.perf_counter() - started < 1, "Pillow's own parser takes minutes"


def test_a_tiff_of_endless_frames_is_refused_at_once() -> None:
    frame = Image.new("L", (64, 64))
    upload = encoded(frame, "TIFF", save_all=True, append_images=[frame] * 300)
    with pytest.raises(UndecodableImage, match="several pictures"):
        decode(upload, LIMITS)


def test_jpeg_inside_tiff_is_refused() -> None:
    with pytest.raises(UndecodableImage, match="compression inside a TIFF"):
        decode(encoded(lesion(), "TIFF", compression="jpeg"), LIMITS)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_lossless_tiff_compressions_are_read(compression: str) -> None:
    picture = lesion()
    assert np.array_equal(decode(encoded(picture, "TIFF", compression=compression), LIMITS), np.asarray(picture))


def test_16_bit_tiff_of_another_meaning_is_refused_and_not_misread() -> None:
    whole = encoded(gradient_16_bit(), "TIFF")
    photometric = struct.pack("<HHII", 262, 3, 1, 1)
    assert photometric in whole
    with pytest.raises(UndecodableImage, match="unusual way"):
        decode(whole.replace(photometric, struct.pack("<HHII", 262, 3, 1, 0)), LIMITS)
    bits = struct.pack("<HHII", 258, 3, 1, 16)
    assert bits in whole
    with pytest.raises(UndecodableImage):
        decode(whole.replace(bits, struct.pack("<HHII", 258, 3, 1, 12)), LIMITS)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_large_picture_is_reduced_by_a_whole_factor_in_strips_without_seams(mode: str) -> None:
    large = lesion(1, 2700, 3600)
    picture = large.quantize(256) if mode == "P" else large.convert(mode)
    image = decode(encoded(picture, "PNG", compress_level=1), replace(LIMITS, max_bytes=100_000_000))
    factor = 2700 // 448
    assert image.shape == (-(-2700 // factor), -(-3600 // factor), 3)
    assert np.abs(image.astype(int) - np.asarray(picture.convert("RGB").reduce(factor))).max() <= 1


def test_random_damage_is_refused_or_decoded_but_never_another_error() -> None:
    random = np.random.default_rng(5)
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "BMP"):
        whole = encoded(lesion(), file_format)
        for _ in range(60):
            damaged = bytearray(whole)
            for position in random.integers(0, len(whole), size=6):
                damaged[position] = random.integers(0, 256)
            try:
                image = decode(bytes(damaged), LIMITS)
            except (UndecodableImage, UnacceptedFormat, ImageTooLarge, ImageTooLong, ImageTooSmall):
                continue
            assert image.dtype == np.uint8
            assert image.shape[2] == 3


def test_decoding_writes_nothing_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> io.BytesIO:
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(f"tempfile.{name}", forbidden)
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "BMP"):
        decode(encoded(lesion(), file_format), LIMITS)
