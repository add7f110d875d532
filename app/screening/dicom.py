"""The one picture inside a DICOM file. Pixels leave, and the few tags that say how to read them; no other is looked at.

Taken are 8-bit pictures, raw or as one baseline JPEG, which is what dermoscopes write. Compression that needs further
decoders, deflated files and films are refused, all before a pixel is touched.
"""

import io
import itertools
import logging
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from app.screening.errors import UndecodableImage
from app.screening.words import N_

MAX_HEADER_BYTES = 512_000
"""All that may stand before the pixels. Their parser is Python and takes microseconds for each of 8 bytes."""

MAX_FRAGMENTS = 512
IMPLICIT, EXPLICIT, JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
"""Transfer syntaxes: little endian both, and baseline JPEG."""

RAW_COLOURS = {"MONOCHROME2": ("L", 1), "RGB": ("RGB", 3), "YBR_FULL": ("YCbCr", 3)}
JPEG_COLOURS = frozenset({"MONOCHROME2", "YBR_FULL_422", "YBR_FULL"})
TAGS = [
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "PixelRepresentation",
]  # fmt: skip
_META = b"\x02\x00"
_LONG_LENGTHS = frozenset({b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF"})
_PIXELS = b"\xe0\x7f\x10\x00"

# What it says of odd tags would quote them.
warnings.filterwarnings("ignore", module=r"pydicom\.")
logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """Attributes:
    size: (width, height) in pixels.
    samples: channels.
    colours: the photometric interpretation.
    planar: whether the channels follow each other as planes.
    start: of the element with the pixels, a byte of the file.
    """

    size: tuple[int, int]
    samples: int
    colours: str
    planar: bool
    start: int


def unpack(upload: bytes, check_size: Callable[[tuple[int, int]], None]) -> bytes | Image.Image:
    """The picture of a DICOM file.

    Args:
        upload: the whole file.
        check_size: raises where (width, height) is not to be read.

    Returns:
        The bytes of a JPEG, or the picture where its pixels are raw.

    Raises:
        UndecodableImage: the file holds no picture that is read here. What `check_size` raises.
    """
    syntax = transfer_syntax(upload)
    if syntax not in (IMPLICIT, EXPLICIT, JPEG):
        raise UndecodableImage(
            N_("This kind of compression inside a DICOM file is not read. Export the picture as PNG or JPEG.")
        )
    layout = _layout(upload)
    check_size(layout.size)
    if upload[layout.start : layout.start + 4] != _PIXELS:
        raise _no_picture()
    value = layout.start + (8 if syntax == IMPLICIT else 12)
    if syntax == JPEG:
        if layout.colours not in JPEG_COLOURS:
            raise _unread_colours()
        return _jpeg(upload[value:])
    return _raw(upload, value, layout)


def transfer_syntax(upload: bytes) -> str:
    """The UID from the file's meta group; "" where there is none. It has to be known before a parser sees the file."""
    at = 132
    while upload[at : at + 2] == _META and at < MAX_HEADER_BYTES:
        long = upload[at + 4 : at + 6] in _LONG_LENGTHS
        start = at + (12 if long else 8)
        (length,) = struct.unpack_from("<I" if long else "<H", upload, start - (4 if long else 2))
        if upload[at + 2 : at + 4] == b"\x10\x00":
            return upload[start : start + min(length, 64)].rstrip(b"\0 ").decode("ascii", "replace")
        at = start + length
    return ""


def _layout(upload: bytes) -> Layout:
    from pydicom import dcmread

    stream = io.BytesIO(upload[:MAX_HEADER_BYTES])
    try:
        header = dcmread(stream, stop_before_pixels=True, specific_tags=list(TAGS))
        found = {name: header.get(name) for name in TAGS}
        frames, bits = int(found["NumberOfFrames"] or 1), (found["BitsAllocated"], found["BitsStored"])
        size = (int(found["Columns"] or 0), int(found["Rows"] or 0))
        samples = int(found["SamplesPerPixel"] or 0)
    except Exception as error:  # whatever a parser makes of a hostile file
        raise _no_picture() from error
    if min(size) < 1 or samples not in (1, 3):
        raise _no_picture()
    if frames != 1:
        raise UndecodableImage(
            N_("The file holds several pictures or frames. Save the one to screen as a JPEG or PNG.")
        )
    if bits != (8, 8) or found["PixelRepresentation"] not in (0, None):
        raise _unread_colours()
    colours = str(found["PhotometricInterpretation"])
    return Layout(size, samples, colours, planar=found["PlanarConfiguration"] == 1, start=stream.tell())


def _raw(upload: bytes, value: int, layout: Layout) -> Image.Image:
    mode, samples = RAW_COLOURS.get(layout.colours, ("", 0))
    if samples != layout.samples:
        raise _unread_colours()
    width, height = layout.size
    pixels = upload[value : value + width * height * samples]
    if len(pixels) < width * height * samples:
        raise _no_picture()
    if layout.planar and samples == 3:
        planes = np.frombuffer(pixels, np.uint8).reshape(3, height, width)
        pixels = planes.transpose(1, 2, 0).tobytes()
    return Image.frombytes(mode, layout.size, pixels)


def _jpeg(encapsulated: bytes) -> bytes:
    from pydicom.encaps import generate_fragments, parse_basic_offsets

    stream = io.BytesIO(encapsulated)
    parse_basic_offsets(stream)
    fragments = list(itertools.islice(generate_fragments(stream), MAX_FRAGMENTS + 1))
    if not 1 <= len(fragments) <= MAX_FRAGMENTS:
        raise _no_picture()
    return b"".join(fragments)


def _no_picture() -> UndecodableImage:
    return UndecodableImage(N_("No picture could be found in this DICOM file. Export it as PNG or JPEG."))


def _unread_colours() -> UndecodableImage:
    return UndecodableImage(
        N_("Its colours or grey levels are stored in a way that is not read. Export it as PNG or JPEG.")
    )
