"""Every kind of file that is accepted, converted or refused, each on purpose."""

import io
import struct
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.screening.decode import DecodeLimits, decode
from app.screening.errors import (
    EmptyUpload,
    ImageTooLarge,
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
    sixteen_bit_rgb_png,
    truncated_jpeg,
)

LIMITS = DecodeLimits()
ORIENTATION = 0x0112


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP"])
def test_a_lossless_picture_comes_out_pixel_for_pixel(file_format: str) -> None:
    picture = lesion()
    image = decode(encoded(picture, file_format), LIMITS)
    assert image.dtype == np.uint8
    assert np.array_equal(image, np.asarray(picture))


def test_a_webp_comes_out_pixel_for_pixel() -> None:
    picture = lesion()
    assert np.array_equal(decode(encoded(picture, "WEBP", lossless=True), LIMITS), np.asarray(picture))


def test_a_jpeg_keeps_its_channels_in_rgb_order() -> None:
    picture = Image.new("RGB", (80, 80), (200, 90, 10))
    picture.paste((0, 0, 0), (0, 60, 80, 80))
    picture.paste((9, 9, 90), (60, 60, 80, 80))
    assert decode(encoded(picture, "JPEG", quality=95), LIMITS)[30, 30] == pytest.approx([200, 90, 10], abs=3)


def test_a_phone_s_multi_picture_jpeg_gives_its_first_picture() -> None:
    first = lesion(1)
    upload = encoded(first, "MPO", save_all=True, append_images=[Image.new("RGB", first.size, "green")])
    assert np.abs(decode(upload, LIMITS).astype(int) - np.asarray(first)).mean() < 5


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [[1, 2], [3, 4]]),
        (2, [[2, 1], [4, 3]]),
        (3, [[4, 3], [2, 1]]),
        (4, [[3, 4], [1, 2]]),
        (5, [[1, 3], [2, 4]]),
        (6, [[3, 1], [4, 2]]),
        (7, [[4, 2], [3, 1]]),
        (8, [[2, 4], [1, 3]]),
    ],
)
def test_the_exif_orientation_is_applied(orientation: int, expected: list[list[int]]) -> None:
    quadrants = np.array([[1, 2], [3, 4]], np.uint8).repeat(40, 0).repeat(50, 1) * 50
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    upload = encoded(Image.fromarray(quadrants).convert("RGB"), "PNG", exif=exif)
    image = decode(upload, LIMITS)[:, :, 0] // 50
    height, width = image.shape
    found = [[int(image[y, x]) for x in (width // 4, width * 3 // 4)] for y in (height // 4, height * 3 // 4)]
    assert found == expected


def test_an_orientation_that_does_not_exist_is_ignored() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 77
    picture = lesion()
    assert np.array_equal(decode(encoded(picture, "PNG", exif=exif), LIMITS), np.asarray(picture))


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size_but_never_below_the_draft_side() -> None:
    large = decode(encoded(lesion(1, 3000, 4000), "JPEG"), LIMITS)
    assert large.shape == (750, 1000, 3)
    assert decode(encoded(lesion(1, 600, 800), "JPEG"), LIMITS).shape == (600, 800, 3)


def test_greyscale_becomes_three_equal_channels() -> None:
    grey = lesion().convert("L")
    image = decode(encoded(grey, "PNG"), LIMITS)
    assert all(np.array_equal(image[:, :, channel], np.asarray(grey)) for channel in range(3))


def test_a_one_bit_picture_becomes_black_and_white() -> None:
    picture = lesion().convert("1")
    assert np.array_equal(decode(encoded(picture, "PNG"), LIMITS)[:, :, 1], np.asarray(picture.convert("L")))


def test_a_palette_becomes_its_colours() -> None:
    palette = lesion().quantize(64)
    assert np.array_equal(decode(encoded(palette, "PNG"), LIMITS), np.asarray(palette.convert("RGB")))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    picture = Image.new("RGBA", (80, 80), (10, 10, 10, 255))
    picture.paste((10, 10, 10, 0), (0, 0, 40, 80))
    image = decode(encoded(picture.convert(mode), "PNG"), LIMITS)
    assert image[40, 10].tolist() == [255, 255, 255]
    assert image[40, 60].tolist() == [10, 10, 10]


def test_a_transparent_palette_entry_becomes_white() -> None:
    picture = Image.new("P", (80, 80), 1)
    picture.paste(0, (40, 0, 80, 80))
    picture.putpalette([0, 0, 0, 200, 100, 50])
    assert decode(encoded(picture, "PNG", transparency=1), LIMITS)[5, 5].tolist() == [255, 255, 255]


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_greyscale_keeps_its_upper_eight_bits(file_format: str) -> None:
    picture = gradient_16_bit()
    image = decode(encoded(picture, file_format), LIMITS)
    assert np.array_equal(image[:, :, 2], (np.asarray(picture, np.uint16) >> 8).astype(np.uint8))


def test_16_bit_colour_keeps_its_upper_eight_bits() -> None:
    assert decode(sixteen_bit_rgb_png(), LIMITS)[3, 3].tolist() == [0x80, 0x40, 0x00]


@pytest.mark.parametrize(("file_format", "mode"), [("JPEG", "CMYK"), ("TIFF", "CMYK"), ("TIFF", "LAB"), ("TIFF", "F")])
def test_colours_without_a_faithful_rgb_form_are_refused(file_format: str, mode: str) -> None:
    picture = lesion().convert("L").convert("F") if mode == "F" else Image.new(mode, (80, 80))
    with pytest.raises(UndecodableImage, match="Export it as an 8-bit RGB"):
        decode(encoded(picture, file_format), LIMITS)


def test_several_pictures_in_one_file_are_refused() -> None:
    frames = [Image.new("RGB", (80, 80), colour) for colour in ("red", "green", "blue")]
    for file_format in ("TIFF", "PNG", "WEBP"):
        upload = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])
        with pytest.raises(UndecodableImage, match="holds several pictures"):
            decode(upload, LIMITS)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(EmptyUpload):
        decode(b"", LIMITS)


@pytest.mark.parametrize(
    "upload",
    [b"this is a text, whatever its name", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"\0" * 500],
)
def test_what_is_no_picture_is_refused(upload: bytes) -> None:
    with pytest.raises(UnacceptedFormat, match="JPEG, PNG, WebP, TIFF or BMP"):
        decode(upload, LIMITS)


def test_a_picture_in_another_format_is_refused() -> None:
    for file_format in ("GIF", "ICO", "PPM"):
        with pytest.raises(UnacceptedFormat):
            decode(encoded(lesion(), file_format), LIMITS)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "BMP"])
def test_a_file_cut_off_anywhere_is_refused_and_never_half_decoded(file_format: str) -> None:
    whole = encoded(lesion(), file_format)
    for share in (0.02, 0.1, 0.3, 0.5, 0.8, 0.95):
        with pytest.raises((UndecodableImage, UnacceptedFormat)):
            decode(whole[: int(len(whole) * share)], LIMITS)


def test_a_truncated_jpeg_is_named_damaged() -> None:
    with pytest.raises(UndecodableImage, match="damaged or incomplete"):
        decode(truncated_jpeg(), LIMITS)


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
            except (UndecodableImage, UnacceptedFormat, ImageTooLarge, ImageTooSmall):
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
