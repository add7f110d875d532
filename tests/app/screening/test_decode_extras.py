"""HEIC and DICOM: read where they are switched on, refused with advice where not, and as careful as every format."""

import io
import logging
import struct
import time
import zlib
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

from app.screening.decode import DecodeLimits, decode, decode_upload
from app.screening.dicom import transfer_syntax
from app.screening.errors import ImageTooLarge, ImageTooSmall, RefusedUpload, UnacceptedFormat, UndecodableImage
from app.screening.synthetic import draw_lesion
from tests.helpers.dicom import PATIENT, jpeg_dicom, planar_dicom, raw_dicom
from tests.helpers.uploads import encoded, lesion

LIMITS = DecodeLimits(extra_formats=frozenset({"heic", "dicom"}))
SOURCE = draw_lesion(7, 150, 200)


def heic(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    file = pillow_heif.from_pillow(picture)
    file.save(buffer, **{"quality": 95, **options})
    return buffer.getvalue()


def of_size(upload: bytes, width: int, height: int) -> bytes:
    """A HEIC whose container says another size than its coded picture has."""
    at = upload.index(b"ispe") + 8
    return upload[:at] + struct.pack(">II", width, height) + upload[at + 8 :]


def test_a_heic_is_read_where_it_is_switched_on() -> None:
    image = decode(heic(lesion()), LIMITS)
    assert image.shape == (150, 200, 3)
    assert np.abs(image.astype(int) - SOURCE).mean() < 4


def test_the_log_is_told_which_kind_of_file_it_was() -> None:
    assert decode_upload(heic(lesion()), LIMITS).source.file_format == "HEIF"
    assert decode_upload(raw_dicom(), LIMITS).source.file_format == "DICOM"


def test_a_heic_is_turned_once_as_its_container_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    upload = heic(lesion(), exif=exif.tobytes())
    assert b"irot" in upload
    turned = np.rot90(SOURCE, -1)
    image = decode(upload, LIMITS)
    assert image.shape == turned.shape
    assert np.abs(image.astype(int) - turned).mean() < 4


@pytest.mark.parametrize(("upload", "word"), [(heic(lesion()), "HEIC"), (raw_dicom(), "DICOM")], ids=["heic", "dicom"])
def test_what_is_not_switched_on_is_refused_by_its_name(upload: bytes, word: str) -> None:
    with pytest.raises(UnacceptedFormat, match=f"This is a {word} .* does not read"):
        decode(upload, DecodeLimits())


def test_a_heic_that_is_cut_off_or_lies_about_its_size_is_refused() -> None:
    whole = heic(lesion())
    for share in (0.1, 0.3, 0.5, 0.8, 0.95):
        with pytest.raises(UndecodableImage):
            decode(whole[: int(len(whole) * share)], LIMITS)
    with pytest.raises(ImageTooLarge):
        decode(of_size(whole, 30_000, 30_000), LIMITS)
    with pytest.raises(UndecodableImage):
        decode(of_size(whole, 80, 80), LIMITS)


def test_a_heic_of_a_phone_is_within_the_budget_of_memory_and_one_beyond_is_refused() -> None:
    upload = heic(lesion(1, 300, 400))
    with pytest.raises(ImageTooLarge, match=r"at most 0\.1 million pixels as HEIC"):
        decode(upload, replace(LIMITS, decode_bytes=8 * 300 * 400 - 1))
    assert decode(upload, replace(LIMITS, decode_bytes=8 * 300 * 400)).shape == (300, 400, 3)
    assert LIMITS.decode_bytes >= 8 * 4032 * 3024


def test_the_limits_hold_for_both() -> None:
    for upload in (heic(lesion()), raw_dicom(), jpeg_dicom()):
        with pytest.raises(ImageTooLarge):
            decode(upload, replace(LIMITS, max_pixels=29_999))
        with pytest.raises(ImageTooSmall):
            decode(upload, replace(LIMITS, min_side=151))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_raw_pixels_of_a_dicom_come_out_pixel_for_pixel(syntax: str) -> None:
    assert np.array_equal(decode(raw_dicom(syntax), LIMITS), SOURCE)


def test_planes_and_grey_levels_of_a_dicom_come_out_pixel_for_pixel() -> None:
    assert np.array_equal(decode(planar_dicom(), LIMITS), SOURCE)
    grey = np.asarray(lesion().convert("L"))
    upload = raw_dicom(SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", PixelData=grey.tobytes())
    assert np.array_equal(decode(upload, LIMITS)[:, :, 1], grey)


def test_a_jpeg_inside_a_dicom_is_the_jpeg() -> None:
    assert np.array_equal(decode(jpeg_dicom(), LIMITS), decode(encoded(lesion(), "JPEG", quality=95), LIMITS))


@pytest.mark.parametrize(
    "upload",
    [
        raw_dicom(BitsAllocated=16, BitsStored=12, HighBit=11),
        raw_dicom(PhotometricInterpretation="PALETTE COLOR", SamplesPerPixel=1),
        raw_dicom(PhotometricInterpretation="MONOCHROME1", SamplesPerPixel=1),
        raw_dicom(PixelRepresentation=1),
        raw_dicom(PixelData=b"\0" * 100),
        raw_dicom(NumberOfFrames=2),
        raw_dicom(Rows=0),
        raw_dicom(SamplesPerPixel=4),
        jpeg_dicom(PhotometricInterpretation="RGB"),
        raw_dicom(DeflatedExplicitVRLittleEndian),
        raw_dicom(JPEG2000Lossless, PixelData=b"\xfe\xff\x00\xe0\0\0\0\0" * 2),
        b"\0" * 128 + b"DICM",
        b"\0" * 128 + b"DICM" + b"\x02\x00\x10\x00UI\xff\xff",
    ],
    ids=[
        "16-bit", "palette", "inverted", "signed", "too-few-pixels", "film", "no-rows", "four-channels",
        "rgb-jpeg", "deflated", "jpeg-2000", "nothing", "no-length",
    ],
)  # fmt: skip
def test_a_dicom_of_another_kind_is_refused(upload: bytes) -> None:
    with pytest.raises(UndecodableImage):
        decode(upload, LIMITS)


def test_a_deflated_dicom_is_never_inflated() -> None:
    start = raw_dicom(DeflatedExplicitVRLittleEndian)[:600]
    bomb = start[: start.index(b"1.2.840.10008.1.2.1.99") + 22] + zlib.compress(b"\0" * 300_000_000, 9)
    started = time.perf_counter()
    with pytest.raises(UndecodableImage, match="compression inside a DICOM"):
        decode(bomb, LIMITS)
    assert time.perf_counter() - started < 0.5


def test_a_dicom_of_endless_elements_or_nesting_is_refused_at_once() -> None:
    whole = raw_dicom()
    body = whole.index(b"\x08\x00\x16\x00UI")
    elements = b"".join(struct.pack("<HH2sH", 9, number, b"LO", 0) for number in range(60_000)) * 30
    nesting = struct.pack("<HH2sHI", 0x40, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    for hostile in (elements, nesting * 20_000):
        started = time.perf_counter()
        with pytest.raises(UndecodableImage, match="No picture could be found"):
            decode(whole[:body] + hostile + whole[body:], LIMITS)
        assert time.perf_counter() - started < 3


def test_random_damage_of_both_is_refused_or_decoded_but_never_another_error() -> None:
    random = np.random.default_rng(5)
    for whole in (heic(lesion()), raw_dicom(), jpeg_dicom()):
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(int(random.integers(1, 30))):
                damaged[int(random.integers(0, min(len(damaged), 3000)))] = int(random.integers(0, 256))
            with suppress(RefusedUpload):
                assert decode(bytes(damaged), LIMITS).dtype == np.uint8


def test_no_tag_of_a_patient_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    upload = raw_dicom().replace(b"PN", b"DA")
    assert PATIENT.encode() in upload
    with caplog.at_level(logging.DEBUG):
        decode(upload, LIMITS)
    assert not caplog.records


def test_the_transfer_syntax_is_known_before_a_parser_sees_the_file() -> None:
    assert transfer_syntax(raw_dicom()) == "1.2.840.10008.1.2.1"
    assert transfer_syntax(b"\0" * 200) == ""
