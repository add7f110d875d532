"""Untrusted bytes to an image: RGB uint8 (H, W, 3). Every limit of a file is here.

Nothing is written to disk, and nothing but pixels leaves: EXIF, ICC, XMP, text and thumbnails do not even reach the
decoder (app/screening/containers). The EXIF orientation is applied.
"""

import io
import math
import struct
import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.screening import dicom, pixels
from app.screening.containers import Container, read_container
from app.screening.containers.picture import damaged, several_pictures
from app.screening.containers.png import has_all_rows
from app.screening.errors import (
    EmptyUpload,
    ImageTooLarge,
    ImageTooLong,
    ImageTooSmall,
    UnacceptedFormat,
    UploadTooLarge,
)
from app.screening.extras import HEIC, check_switched_on, extra_kind, register_heic
from app.screening.words import N_

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
"""Pillow's names of what is read; each file is shown to the one plugin that its first bytes name."""

LONGEST = 8
"""How many times as long as the other a side may be. A long strip is hardly reduced, and takes the memory of many."""

HEIF_PIXEL_BYTES = 8
"""Measured: libheif keeps a picture in its own colours and in RGB, and Pillow copies it."""

# Pillow warns of odd metadata, which is dropped anyway, and of many pixels, which are checked below. Filtered once and
# not around each call: `warnings.catch_warnings` is not safe between threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class Source:
    """What a picture's file was, for logs and figures; nothing of who or what is on it.

    Attributes:
        file_format: Pillow's name of it: one of FORMATS, "HEIF"; or "DICOM", whose pixels come without a file.
        pixels: width times height, before anything was reduced.
    """

    file_format: str
    pixels: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """Attributes:
    image: RGB uint8 (H, W, 3), oriented.
    source: of which file.
    """

    image: npt.NDArray[np.uint8]
    source: Source


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Attributes:
    max_bytes: size of the file, bytes.
    max_pixels: width times height, checked before a pixel is decoded.
    decode_bytes: memory that its decoder may need, bytes. A JPEG in one scan needs hardly any, since it is reduced
        while it is decoded; every other picture is whole in memory.
    min_side: the shorter side, pixels.
    working_side: a larger picture is reduced by a whole factor while both sides keep at least so many pixels: twice
        what the six stages work on. A JPEG is decoded that way at once, many times faster.
    extra_formats: "heic", "dicom" or both, read beside FORMATS. Each needs a package of requirements-extras.txt.
    """

    max_bytes: int = 15_000_000
    max_pixels: int = 50_000_000
    decode_bytes: int = 100_000_000
    min_side: int = 64
    working_side: int = 448
    extra_formats: frozenset[str] = frozenset()


def accepted_formats(limits: DecodeLimits) -> tuple[str, ...]:
    """The names of all formats that are read, in capitals."""
    return (*FORMATS, *(name.upper() for name in sorted(limits.extra_formats)))


def decode(upload: bytes, limits: DecodeLimits) -> npt.NDArray[np.uint8]:
    """The image of `decode_upload`: RGB uint8 (H, W, 3)."""
    return decode_upload(upload, limits).image


def decode_upload(upload: bytes, limits: DecodeLimits) -> Decoded:
    """Decodes an upload.

    Damage that the decoders themselves pass over (a JPEG that was cut off and closed again) is found where it leaves
    the lower part of the picture flat; damage that looks like a picture is not.

    Returns:
        Its image, RGB uint8 (H, W, 3), oriented as EXIF says. Greyscale and palette pictures become RGB, 16-bit
        greyscale its upper eight bits, transparent parts white.

    Raises:
        RefusedUpload: a subclass that names the reason.
    """
    if not upload:
        raise EmptyUpload(N_("Choose the picture again; if it stays empty, save or export it once more."))
    check_bytes(len(upload), limits)
    try:
        picture, container = _opened(upload, limits)
        with picture:
            pixels.check_colours(picture)
            source = Source(picture.format or "DICOM", picture.width * picture.height)
            image = pixels.oriented(_to_rgb(picture, container, limits), container.orientation if container else 1)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(limits) from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError) as error:
        raise damaged() from error
    except (TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, RuntimeError) as error:
        # What the parsers let through on malformed files; a bug of ours would show in the tests of good ones. Not
        # MemoryError: a picture within the limits is not damaged because this machine is short of memory.
        raise damaged() from error
    pixels.check_content(image)
    return Decoded(image, source)


def check_bytes(count: int, limits: DecodeLimits) -> None:
    """Raises UploadTooLarge where a file of `count` bytes has too many; such a file need not be read."""
    if count > limits.max_bytes:
        raise UploadTooLarge(
            N_("Send at most %(most)s MB; this file has %(found)s MB. Save the picture smaller or as JPEG."),
            most=f"{limits.max_bytes / 1e6:g}",
            found=f"{count / 1e6:.1f}",
        )


def _opened(upload: bytes, limits: DecodeLimits) -> tuple[Image.Image, Container | None]:
    """The picture, its pixels not yet decoded, and its container where that is one of ours."""
    if (kind := extra_kind(upload)) is not None:
        check_switched_on(kind, limits.extra_formats)
        if kind == HEIC:
            return _opened_heic(upload, limits), None  # which is turned on opening, as its container says
        content = dicom.unpack(upload, partial(_check_size, limits=limits))
        if isinstance(content, Image.Image):
            return content, None
        upload = content
    container = read_container(upload)
    if container is None:
        raise UnacceptedFormat(N_("Send a JPEG, PNG, WebP, TIFF or BMP picture."))
    _check_size(container.size, limits)
    _check_memory(container, limits)
    picture = Image.open(io.BytesIO(container.content), formats=(container.file_format,))
    if picture.size != container.size:  # two readings of one file: at least one is wrong
        raise damaged()
    return picture, container


def _opened_heic(upload: bytes, limits: DecodeLimits) -> Image.Image:
    register_heic()
    picture = Image.open(io.BytesIO(upload), formats=("HEIF",))
    _check_size(picture.size, limits)
    if getattr(picture, "n_frames", 1) > 1:
        raise several_pictures()
    _check_memory(
        Container("HEIF", picture.size, b"", HEIF_PIXEL_BYTES * picture.width * picture.height, "HEIC"), limits
    )
    return picture


def _to_rgb(picture: Image.Image, container: Container | None, limits: DecodeLimits) -> npt.NDArray[np.uint8]:
    if picture.format == "JPEG":
        picture.draft(None, (limits.working_side, limits.working_side))
    picture.load()
    if picture.format == "HEIF":  # whose coded picture may have another size than the file says
        _check_size(picture.size, limits)
    pixels.check_palette(picture)
    if container and picture.format == "PNG" and pixels.ends_black(picture) and not has_all_rows(container.content):
        raise damaged()
    return pixels.reduced_rgb(picture, limits.working_side)


def _check_size(size: tuple[int, int], limits: DecodeLimits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise _too_many_pixels(limits)
    if max(width, height) > LONGEST * min(width, height):
        raise ImageTooLong(
            N_("One side of it is more than %(longest)s times as long as the other. Send the photo itself, uncut."),
            longest=LONGEST,
        )
    if min(width, height) < limits.min_side:
        raise ImageTooSmall(
            N_(
                "It measures %(width)s × %(height)s pixels; each side needs at least %(least)s. "
                "Send the original photo, not a thumbnail."
            ),
            width=width,
            height=height,
            least=limits.min_side,
        )


def _check_memory(container: Container, limits: DecodeLimits) -> None:
    if container.decode_bytes <= limits.decode_bytes:
        return
    width, height = container.size
    most = width * height * limits.decode_bytes / container.decode_bytes / 1e6
    raise ImageTooLarge(
        N_("Send at most %(most)s million pixels as %(kind)s; save the picture smaller, or as an ordinary JPEG."),
        most=f"{math.floor(most * 10) / 10:g}",
        kind=container.kind,
    )


def _too_many_pixels(limits: DecodeLimits) -> ImageTooLarge:
    return ImageTooLarge(
        N_("Send at most %(most)s million pixels; save the picture smaller."), most=f"{limits.max_pixels / 1e6:g}"
    )
