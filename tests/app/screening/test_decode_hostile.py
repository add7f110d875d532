"""Why hostile files are refused, one by one. That all of them are, by a running server: tests/e2e/test_hostile.py."""

import io
import struct
import sys
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.screening.containers import read_container
from app.screening.decode import DecodeLimits, decode, decode_upload
from app.screening.errors import (
    EmptyUpload,
    ImageTooLarge,
    ImageTooLong,
    ImageTooSmall,
    RefusedUpload,
    UnacceptedFormat,
    UndecodableImage,
    UploadTooLarge,
)
from tests.helpers.hostile import corpus
from tests.helpers.hostile.attack import forget_peak, peak_bytes
from tests.helpers.hostile.bombs import flat_webp
from tests.helpers.hostile.jpegs import of_size, turned, with_segment
from tests.helpers.uploads import chunk, encoded, gradient_16_bit, lesion, png

LIMITS = DecodeLimits()
REASONS: dict[str, tuple[type[RefusedUpload], str]] = {
    "no byte": (EmptyUpload, "Choose the picture again"),
    "an SVG": (UnacceptedFormat, "JPEG, PNG, WebP, TIFF or BMP"),
    "a whole GIF": (UnacceptedFormat, "JPEG, PNG, WebP, TIFF or BMP"),
    "HEIC": (UnacceptedFormat, "This is a HEIC picture"),
    "jpeg cut off after 5/8 and closed again": (UndecodableImage, "damaged|one single colour"),
    "jpeg in CMYK": (UndecodableImage, "stored as 'CMYK'"),
    "jpeg of frame type C3": (UndecodableImage, "compression inside a JPEG"),
    "jpeg of 1000 scans": (UndecodableImage, "too many scans"),
    "jpeg of 40 scans and 16 megapixels": (UndecodableImage, "too many scans"),
    "jpeg of 300,000 tiny segments": (UndecodableImage, "far too many parts"),
    "png of 200,000 empty chunks": (UndecodableImage, "far too many parts"),
    "png of 2 frames": (UndecodableImage, "several pictures"),
    "png of 80 colours of which 79 are told": (UndecodableImage, "damaged"),
    "png whose header says {'height': 81}": (UndecodableImage, "damaged"),
    "png whose header says {'width': 641, 'height': 80}": (ImageTooLong, "more than 8 times as long"),
    "webp of ten frames": (UndecodableImage, "several pictures"),
    "tiff of 301 pictures": (UndecodableImage, "several pictures"),
    "tiff of a chain of 100,000 directories": (UndecodableImage, "several pictures"),
    "tiff of 65,535 tags": (UndecodableImage, "far too many parts"),
    "tiff: cut off after 57739 bytes": (UndecodableImage, "damaged"),
    "tiff with a strip beyond its end": (UndecodableImage, "damaged"),
    "tiff with tiles of 0": (UndecodableImage, "damaged"),
    "tiff of compression 7": (UndecodableImage, "compression inside a TIFF"),
    "tiff of pixels not a number": (UndecodableImage, "stored as 'F'"),
    "tiff of 16 bits and photometric 0": (UndecodableImage, "unusual way"),
    "bmp of two million runs of one pixel": (UndecodableImage, "compression inside a BMP"),
    "one-bit png of 20000 × 20000": (ImageTooLarge, "50 million pixels"),
    "RGBA png of 49 megapixels": (ImageTooLarge, "25 million pixels as PNG"),
    "16-bit RGBA png of 49 megapixels": (ImageTooLarge, r"12\.5 million pixels as PNG"),
    "lossless webp of 49 megapixels": (ImageTooLarge, r"6\.2 million pixels as WebP"),
    "progressive jpeg of 49 megapixels": (ImageTooLarge, r"16\.6 million pixels as progressive JPEG"),
    "packed tiff of 49 megapixels in one strip": (ImageTooLarge, "million pixels as TIFF"),
}
CASES = {case.name: case for case in corpus() if case.name in REASONS}


@pytest.mark.parametrize("name", REASONS)  # a name that the corpus does not have fails
def test_a_hostile_file_is_refused_for_what_it_is(name: str) -> None:
    reason, words = REASONS[name]
    upload = CASES[name].upload
    assert upload is not None
    with pytest.raises(reason, match=words):
        decode(upload, LIMITS)


@pytest.mark.parametrize("size", [(100, 900), (900, 100), (800, 62_000)])
def test_a_strip_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(ImageTooLong, match="more than 8 times as long"):
        decode(encoded(Image.new("1", size), "PNG"), LIMITS)


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


def test_a_picture_of_one_colour_is_refused() -> None:
    with pytest.raises(UndecodableImage, match="one single colour"):
        decode(encoded(Image.new("RGB", (200, 200), "pink"), "PNG"), LIMITS)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_lossless_tiff_compressions_are_read(compression: str) -> None:
    picture = lesion()
    assert np.array_equal(decode(encoded(picture, "TIFF", compression=compression), LIMITS), np.asarray(picture))


def test_16_bit_tiff_of_another_meaning_is_refused_and_not_misread() -> None:
    whole = encoded(gradient_16_bit(), "TIFF")
    for tag, usual, other in ((262, 1, 0), (258, 16, 12)):
        entry = struct.pack("<HHII", tag, 3, 1, usual)
        assert entry in whole
        with pytest.raises(UndecodableImage, match="unusual way"):
            decode(whole.replace(entry, struct.pack("<HHII", tag, 3, 1, other)), LIMITS)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_large_picture_is_reduced_by_a_whole_factor_in_strips_without_seams(mode: str) -> None:
    large = lesion(1, 675, 900).resize((3600, 2700), Image.Resampling.BILINEAR)
    picture = large.quantize(256) if mode == "P" else large.convert(mode)
    image = decode(encoded(picture, "PNG", compress_level=1), replace(LIMITS, max_bytes=100_000_000))
    factor = 2700 // 448
    assert image.shape == (-(-2700 // factor), -(-3600 // factor), 3)
    assert np.abs(image.astype(int) - np.asarray(picture.convert("RGB").reduce(factor))).max() <= 1


def test_damaged_metadata_does_not_spoil_a_good_picture() -> None:
    upload = encoded(lesion(), "JPEG", quality=95, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09garbage")
    assert np.array_equal(decode(upload, LIMITS), decode(encoded(lesion(), "JPEG", quality=95), LIMITS))


def test_nothing_but_the_picture_reaches_the_decoder() -> None:
    secret, exif = b"Jane Doe", Image.Exif()
    exif[0x010E] = secret.decode()
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF"):
        upload = encoded(lesion(), file_format, exif=exif, icc_profile=secret * 9) + secret
        container = read_container(upload)
        assert container is not None
        assert secret in upload
        if file_format == "TIFF":  # whose directory is put in place of the old one; its bytes stay where they are
            assert 0x010E not in Image.open(io.BytesIO(container.content)).tag_v2  # type: ignore[attr-defined]
        else:
            assert secret not in container.content


def test_a_film_behind_a_photo_is_not_taken_for_scans_of_it() -> None:
    """As phones write them: some megabytes of MP4, in which FF DA stands by chance."""
    photo = encoded(lesion(), "JPEG", quality=95)
    film = b"\0\0\0\x18ftypmp42" + np.random.default_rng(2).bytes(8_000_000)
    assert film.count(b"\xff\xda") > 64
    assert np.array_equal(decode(photo + film, LIMITS), decode(photo, LIMITS))


def test_the_orientation_is_found_behind_other_metadata() -> None:
    photo = encoded(lesion(), "JPEG", quality=95)
    upright = decode(photo, LIMITS)
    sideways = with_segment(photo, (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"), (0xE1, turned(6)), (0xE1, turned(3)))
    assert np.array_equal(decode(sideways, LIMITS), np.rot90(upright, -1))


def interlaced(rows: int, missing: int = 0) -> bytes:
    """A grey PNG in seven passes, 90 pixels wide, whose last bytes are missing."""
    shades = np.add.outer(np.arange(rows), 2 * np.arange(90)).astype(np.uint8)
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    passes = [shades[top::down, left::across] for left, top, across, down in steps]
    data = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    return png(struct.pack(">IIBBBBB", 90, rows, 8, 0, 0, 0, 1), data[: len(data) - missing])


@pytest.mark.parametrize("rows", [80, 81])
def test_a_png_lacks_no_row(rows: int) -> None:
    image = decode(interlaced(rows), LIMITS)[:, :, 0]
    assert np.array_equal(image, np.add.outer(np.arange(rows), 2 * np.arange(90)).astype(np.uint8))
    with pytest.raises(UndecodableImage):
        decode(interlaced(rows, missing=91), LIMITS)


def test_a_png_whose_last_row_is_black_is_whole() -> None:
    picture = lesion()
    picture.paste((0, 0, 0), (0, 145, 200, 150))
    assert np.array_equal(decode(encoded(picture, "PNG"), LIMITS), np.asarray(picture))
    frayed = encoded(picture, "PNG")
    start = frayed.index(b"IDAT") - 4
    many = b"".join(chunk(b"IDAT", bytes([byte])) for byte in frayed[start + 8 : frayed.index(b"IEND") - 8][:900])
    rest = chunk(b"IDAT", frayed[start + 8 + 900 : frayed.index(b"IEND") - 8])
    assert np.array_equal(decode(frayed[:start] + many + rest + chunk(b"IEND", b""), LIMITS), np.asarray(picture))


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory in /proc")
def test_a_stream_that_goes_on_behind_the_picture_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(1).integers(1, 255, (80, 80, 3), np.uint8)
    pixels[-1] = 0
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", 80, 80, 8, 2, 0, 0, 0)
    upload = png(header, rows + bytes(20_000_000))
    found: list[int] = []
    whole = zlib.decompressobj

    class Counted:
        def __init__(self) -> None:
            self._inflater = whole()

        def decompress(self, data: bytes, most: int) -> bytes:
            found.append(len(piece := self._inflater.decompress(data, most)))
            return piece

        def __getattr__(self, name: str) -> object:
            return getattr(self._inflater, name)

    monkeypatch.setattr(zlib, "decompressobj", Counted)
    assert np.array_equal(decode(upload, LIMITS), pixels)
    assert len(rows) <= sum(found) < 3_000_000


@pytest.mark.parametrize("kind", ["webp", "png", "png of 16-bit grey", "progressive jpeg", "tiff of one strip"])
def test_decoding_needs_the_memory_that_was_reckoned(kind: str) -> None:
    picture = Image.new("RGB", (2000, 2000), (200, 150, 120))
    upload = {
        "webp": lambda: flat_webp(2000, 2000),
        "png": lambda: encoded(picture, "PNG", compress_level=1),
        "png of 16-bit grey": lambda: encoded(Image.new("I;16", (2000, 2000), 900), "PNG", compress_level=1),
        "progressive jpeg": lambda: encoded(picture, "JPEG", progressive=True, subsampling=0),
        "tiff of one strip": lambda: encoded(picture, "TIFF", compression="tiff_lzw", strip_size=1 << 30),
    }[kind]()
    container = read_container(upload)
    assert container is not None
    forget_peak("self")
    before = peak_bytes("self")
    with pytest.raises(UndecodableImage, match="one single colour"):
        decode(upload, LIMITS)
    assert peak_bytes("self") - before < container.decode_bytes + 12_000_000, "and the strips that are converted"


def test_the_budget_of_memory_is_a_setting_of_its_own() -> None:
    upload = encoded(lesion(1, 300, 400), "PNG")
    needed = 4 * 300 * 400
    assert decode(upload, replace(LIMITS, decode_bytes=needed)).shape == (300, 400, 3)
    with pytest.raises(ImageTooLarge, match=r"at most 0\.1 million pixels as PNG"):
        decode(upload, replace(LIMITS, decode_bytes=needed - 1))
    photo = encoded(lesion(1, 300, 400), "JPEG")
    assert decode(photo, replace(LIMITS, decode_bytes=1)).shape == (300, 400, 3), "reduced while it is decoded"


def test_a_size_that_container_and_decoder_read_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    small = encoded(lesion(1, 80, 90), "PNG")
    assert decode_upload(small, LIMITS).image.shape == (80, 90, 3)
    monkeypatch.setattr(Image, "open", lambda *_, **__: lesion(1, 80, 91))
    with pytest.raises(UndecodableImage, match="damaged"):
        decode_upload(small, LIMITS)


def test_a_progressive_jpeg_of_several_scans_is_decoded() -> None:
    progressive = encoded(lesion(), "JPEG", progressive=True)
    assert decode(progressive, LIMITS).shape == (150, 200, 3)
    with pytest.raises(UndecodableImage):  # its scans end before the picture that its header says
        decode(of_size(progressive, 400, 300), LIMITS)


def test_decoding_writes_nothing_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> io.BytesIO:
        raise AssertionError("a temporary file")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp", "mkdtemp"):
        monkeypatch.setattr(f"tempfile.{name}", forbidden)
    for file_format in ("JPEG", "PNG", "WEBP", "TIFF", "BMP"):
        decode(encoded(lesion(), file_format), LIMITS)


def test_a_stream_of_zeros_is_what_it_says() -> None:
    from tests.helpers.hostile.bombs import zeros

    assert zlib.decompress(zeros(3_333_333)) == bytes(3_333_333)
