"""Untrusted bytes to an image: RGB uint8 (H, W, 3). Every limit and refusal of a file is here.

Nothing is written to disk, and nothing but pixels leaves: EXIF, ICC, XMP, text and thumbnails are dropped with the
Pillow object. The EXIF orientation is applied first.
"""

import io
import struct
import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from app.screening.errors import (
    EmptyUpload,
    ImageTooLarge,
    ImageTooSmall,
    UnacceptedFormat,
    UndecodableImage,
    UploadTooLarge,
)

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
"""Pillow's plugins that may see an upload. A phone's multi-picture JPEG (MPO) arrives through the JPEG plugin."""

FORMAT_WORDS = "JPEG, PNG, WebP, TIFF or BMP"
EIGHT_BIT_MODES = frozenset({"1", "L", "P", "RGB", "YCbCr"})
ALPHA_MODES = frozenset({"LA", "PA", "RGBA", "La", "RGBa"})
SIXTEEN_BIT_GREY_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_EXIF_ORIENTATION = 0x0112

# Pillow warns of odd metadata, which is dropped anyway, and of many pixels, which are checked below. Filtered once and
# not around each call: `warnings.catch_warnings` is not safe between threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Attributes:
    max_bytes: size of the file, bytes.
    max_pixels: width times height, checked before a pixel is decoded.
    min_side: the shorter side, pixels.
    draft_side: a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size while both sides keep at least so many pixels:
        twice what the six stages work on, and many times faster for a large photo.
    """

    max_bytes: int = 15_000_000
    max_pixels: int = 50_000_000
    min_side: int = 64
    draft_side: int = 448


def decode(upload: bytes, limits: DecodeLimits) -> npt.NDArray[np.uint8]:
    """Decodes an upload.

    Returns:
        RGB uint8 (H, W, 3), oriented as EXIF says. Greyscale and palette pictures become RGB, 16-bit greyscale its
        upper eight bits, transparent parts white.

    Raises:
        RefusedUpload: a subclass that names the reason. Any failure to decode ends here; none passes as an image.
    """
    if not upload:
        raise EmptyUpload("Choose the picture again; if it stays empty, save or export it once more.")
    if len(upload) > limits.max_bytes:
        raise UploadTooLarge(
            f"Send at most {limits.max_bytes / 1e6:.0f} MB; this file has {len(upload) / 1e6:.1f} MB. "
            "Save the picture smaller or as JPEG."
        )
    _check_webp_canvas(upload, limits)
    try:
        with Image.open(io.BytesIO(upload), formats=FORMATS) as picture:
            _check_size(picture.size, limits)
            _check_frames(picture)
            return _to_rgb(picture, limits)
    except UnidentifiedImageError as error:
        raise UnacceptedFormat(f"Send a {FORMAT_WORDS} picture.") from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(limits) from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError) as error:
        raise _damaged() from error
    except (TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, MemoryError) as error:
        # What Pillow's parsers let through on malformed files; a bug of ours would show in the tests of good ones.
        raise _damaged() from error


def _to_rgb(picture: Image.Image, limits: DecodeLimits) -> npt.NDArray[np.uint8]:
    if picture.format in ("JPEG", "MPO"):
        picture.draft(None, (limits.draft_side, limits.draft_side))
    picture.load()
    oriented = _orient(picture)
    if oriented.mode in SIXTEEN_BIT_GREY_MODES:
        grey = (np.asarray(oriented, dtype=np.uint16) >> 8).astype(np.uint8)
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    if oriented.mode in ALPHA_MODES or "transparency" in oriented.info:
        layers = oriented.convert("RGBA")
        paper = Image.new("RGBA", layers.size, "white")
        oriented = Image.alpha_composite(paper, layers)
    elif oriented.mode not in EIGHT_BIT_MODES:
        raise UndecodableImage(
            f"Its colours are stored as {oriented.mode!r}, which has no faithful screen colours. "
            "Export it as an 8-bit RGB JPEG or PNG."
        )
    return np.array(oriented.convert("RGB"), dtype=np.uint8)


def _orient(picture: Image.Image) -> Image.Image:
    # Only a real orientation copies the picture, and only the tag that is needed is looked at.
    if picture.getexif().get(_EXIF_ORIENTATION, 1) in range(2, 9):
        return ImageOps.exif_transpose(picture)
    return picture


def _check_size(size: tuple[int, int], limits: DecodeLimits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise _too_many_pixels(limits)
    if min(width, height) < limits.min_side:
        raise ImageTooSmall(
            f"It measures {width} × {height} pixels; each side needs at least {limits.min_side}. "
            "Send the original photo, not a thumbnail."
        )


def _check_frames(picture: Image.Image) -> None:
    frames = getattr(picture, "n_frames", 1)
    # An MPO's further frames are previews or the depth of the same photo; anything else is several pictures.
    if frames > 1 and picture.format != "MPO":
        raise UndecodableImage(f"The file holds {frames} pictures or frames. Save the one to screen as a JPEG or PNG.")


def _check_webp_canvas(upload: bytes, limits: DecodeLimits) -> None:
    """Checks an extended WebP's canvas: Pillow's decoder reserves memory for it as soon as the file is opened."""
    if upload[:4] == b"RIFF" and upload[8:16] == b"WEBPVP8X" and len(upload) >= 30:
        width = int.from_bytes(upload[24:27], "little") + 1
        height = int.from_bytes(upload[27:30], "little") + 1
        _check_size((width, height), limits)


def _too_many_pixels(limits: DecodeLimits) -> ImageTooLarge:
    return ImageTooLarge(f"Send at most {limits.max_pixels / 1e6:.0f} million pixels; save the picture smaller.")


def _damaged() -> UndecodableImage:
    return UndecodableImage("The file is damaged or incomplete. Send the original again, or export it as JPEG or PNG.")
