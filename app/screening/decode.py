"""Untrusted bytes to an image: RGB uint8 (H, W, 3). Every limit and refusal of a file is here.

Nothing is written to disk, and nothing but pixels leaves: EXIF, ICC, XMP, text and thumbnails are dropped with the
Pillow object. The EXIF orientation is applied.
"""

import io
import struct
import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from app.screening import dicom
from app.screening.containers import check_container
from app.screening.errors import (
    EmptyUpload,
    ImageTooLarge,
    ImageTooLong,
    ImageTooSmall,
    UnacceptedFormat,
    UndecodableImage,
    UploadTooLarge,
)
from app.screening.extras import HEIC, check_switched_on, extra_kind, register_heic
from app.screening.words import N_

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
"""Pillow's plugins that may see an upload. A phone's multi-picture JPEG (MPO) arrives through the JPEG plugin."""

EIGHT_BIT_MODES = frozenset({"1", "L", "P", "RGB", "YCbCr"})
ALPHA_MODES = frozenset({"LA", "PA", "RGBA", "La", "RGBa"})
SIXTEEN_BIT_GREY_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
TIFF_COMPRESSIONS = frozenset({"raw", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits"})
"""Without JPEG inside TIFF, whose scans cannot be counted beforehand, and without fax codes."""

FLAT_TAIL = 0.2
"""Share of rows at the bottom that may be of one colour: a cut-off JPEG that is closed again decodes, and ends so."""

LONGEST = 8
"""How many times as long as the other a side may be. A long strip is hardly reduced, and takes the memory of many."""

STRIP_PIXELS = 4_000_000
_EXIF_ORIENTATION = 0x0112
_TIFF_BITS, _TIFF_PHOTOMETRIC, _BLACK_IS_ZERO = 258, 262, 1

# Pillow warns of odd metadata, which is dropped anyway, and of many pixels, which are checked below. Filtered once and
# not around each call: `warnings.catch_warnings` is not safe between threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class Source:
    """What a picture's file was, for logs and figures; nothing of who or what is on it.

    Attributes:
        file_format: Pillow's name of it: one of FORMATS, "MPO", "HEIF"; or "DICOM", whose pixels come without a file.
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
    min_side: the shorter side, pixels.
    working_side: a larger picture is reduced by a whole factor while both sides keep at least so many pixels: twice
        what the six stages work on. A JPEG is decoded that way at once, many times faster.
    extra_formats: "heic", "dicom" or both, read beside FORMATS. Each needs a package of requirements-extras.txt.
    """

    max_bytes: int = 15_000_000
    max_pixels: int = 50_000_000
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
    if len(upload) > limits.max_bytes:
        raise UploadTooLarge(
            N_("Send at most %(most)s MB; this file has %(found)s MB. Save the picture smaller or as JPEG."),
            most=f"{limits.max_bytes / 1e6:g}",
            found=f"{len(upload) / 1e6:.1f}",
        )
    try:
        with _opened(upload, limits) as picture:
            _check_size(picture.size, limits)
            _check_frames(picture)
            _check_tiff(picture)
            source = Source(picture.format or "DICOM", picture.width * picture.height)
            image = _oriented(_to_rgb(picture, limits), picture)
    except UnidentifiedImageError as error:
        raise UnacceptedFormat(N_("Send a JPEG, PNG, WebP, TIFF or BMP picture.")) from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(limits) from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError) as error:
        raise _damaged() from error
    except (TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, MemoryError, RuntimeError) as error:
        # What the parsers let through on malformed files; a bug of ours would show in the tests of good ones.
        raise _damaged() from error
    _check_content(image)
    return Decoded(image, source)


def _opened(upload: bytes, limits: DecodeLimits) -> Image.Image:
    formats: tuple[str, ...] = FORMATS
    if (kind := extra_kind(upload)) is not None:
        check_switched_on(kind, limits.extra_formats)
        if kind == HEIC:
            register_heic()
            formats = ("HEIF",)
        else:
            content = dicom.unpack(upload, partial(_check_size, limits=limits))
            if isinstance(content, Image.Image):
                return content
            upload, formats = content, ("JPEG",)
    if (canvas := check_container(upload)) is not None:
        _check_size(canvas, limits)
    try:
        return Image.open(io.BytesIO(upload), formats=formats)
    except UnidentifiedImageError as error:
        if kind is None:
            raise
        raise _damaged() from error


def _to_rgb(picture: Image.Image, limits: DecodeLimits) -> npt.NDArray[np.uint8]:
    if picture.format in ("JPEG", "MPO"):
        picture.draft(None, (limits.working_side, limits.working_side))
    picture.load()
    width, height = picture.size
    if picture.format == "HEIF":  # whose coded picture may have another size than the file says
        _check_size(picture.size, limits)
    factor = max(1, min(width, height) // limits.working_side)
    # In strips, so that a large picture exists once: conversions would copy all of it, up to four times.
    rows = max(1, STRIP_PIXELS // width // factor) * factor
    strips = [
        np.asarray(_strip_to_rgb(picture.crop((0, top, width, min(top + rows, height)))).reduce(factor))
        for top in range(0, height, rows)
    ]
    return np.concatenate(strips)


def _strip_to_rgb(strip: Image.Image) -> Image.Image:
    if strip.mode in SIXTEEN_BIT_GREY_MODES:
        return Image.fromarray((np.asarray(strip, dtype=np.uint16) >> 8).astype(np.uint8)).convert("RGB")
    if strip.mode in ALPHA_MODES or "transparency" in strip.info:
        layers = strip.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("RGB")
    if strip.mode not in EIGHT_BIT_MODES:
        raise UndecodableImage(
            N_(
                "Its colours are stored as '%(mode)s', which has no faithful screen colours. "
                "Export it as an 8-bit RGB JPEG or PNG."
            ),
            mode=strip.mode,
        )
    return strip.convert("RGB")


def _oriented(image: npt.NDArray[np.uint8], picture: Image.Image) -> npt.NDArray[np.uint8]:
    try:
        orientation = picture.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - whatever is wrong with the metadata, the pixels are good
        orientation = 1
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


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


def _check_frames(picture: Image.Image) -> None:
    # An MPO's further frames are previews or the depth of the same photo; anything else is several pictures.
    if picture.format == "MPO":
        return
    try:
        # Not n_frames: for a TIFF it walks through all of them, however many a hostile file has.
        picture.seek(1)
    except EOFError:
        return
    raise UndecodableImage(N_("The file holds several pictures or frames. Save the one to screen as a JPEG or PNG."))


def _check_tiff(picture: Image.Image) -> None:
    if picture.format != "TIFF":
        return
    if picture.info.get("compression") not in TIFF_COMPRESSIONS:
        raise UndecodableImage(
            N_("This kind of compression inside a TIFF is not read. Export the picture as JPEG or PNG.")
        )
    tags = picture.tag_v2  # type: ignore[attr-defined]  # of TiffImageFile
    if picture.mode in SIXTEEN_BIT_GREY_MODES and (
        tags.get(_TIFF_BITS) != (16,) or tags.get(_TIFF_PHOTOMETRIC) != _BLACK_IS_ZERO
    ):
        raise UndecodableImage(N_("Its grey levels are stored in an unusual way. Export the picture as JPEG or PNG."))


def _check_content(image: npt.NDArray[np.uint8]) -> None:
    # From the bottom up, and no further than to the first row that has another colour: nearly always the last one.
    tail = image[len(image) - 1 - int(FLAT_TAIL * len(image)) :]
    if not any((row != image[-1, -1]).any() for row in reversed(tail)):
        raise UndecodableImage(
            N_(
                "Its lower part is one single colour, like a file that was cut off. Send the original again; "
                "if the picture is whole, cut its border off."
            )
        )


def _too_many_pixels(limits: DecodeLimits) -> ImageTooLarge:
    return ImageTooLarge(
        N_("Send at most %(most)s million pixels; save the picture smaller."), most=f"{limits.max_pixels / 1e6:g}"
    )


def _damaged() -> UndecodableImage:
    return UndecodableImage(
        N_("The file is damaged or incomplete. Send the original again, or export it as JPEG or PNG.")
    )
