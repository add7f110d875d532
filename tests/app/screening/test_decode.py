"""Every kind of file that is accepted, converted or refused, each on purpose."""

import numpy as np
import pytest
from PIL import Image

from app.screening.decode import DecodeLimits, Source, decode, decode_upload
from app.screening.errors import (
    EmptyUpload,
    UnacceptedFormat,
    UndecodableImage,
)
from tests.helpers.uploads import (
    encoded,
    gradient_16_bit,
    lesion,
    sixteen_bit_rgb_png,
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
    large = decode(encoded(lesion(1, 300, 400).resize((4000, 3000)), "JPEG"), LIMITS)
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


def test_format_and_pixels_are_those_of_the_file_and_not_of_what_became_of_it() -> None:
    photo = encoded(lesion(1, 300, 400).resize((2000, 1500)), "JPEG")
    decoded = decode_upload(photo, LIMITS)
    assert decoded.source == Source("JPEG", 3_000_000)
    assert decoded.image.shape[0] < 1500
    assert decode_upload(encoded(lesion(), "TIFF"), LIMITS).source == Source("TIFF", 30_000)
