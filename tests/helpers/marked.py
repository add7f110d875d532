"""Pictures that can be recognised wherever they leave a trace: by pixels, metadata, file name and bytes of the file."""

import base64
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, PngImagePlugin

from tests.helpers.uploads import encoded, lesion

NAME = "Jane-Doe-left-shoulder-1970"
"""Of each file, without its ending."""

TEXT = "TRACE-7f3a91c4-of-a-patient"
"""In EXIF, XMP and PNG's text."""

SECONDS = (1_234_577, 1_000)
"""Of the GPS latitude, as numerator and denominator."""

PIXELS = np.random.default_rng(1970).integers(0, 256, (16, 3), dtype=np.uint8)
"""RGB of sixteen pixels beside each other."""

PIECE = 32
"""Bytes of a file that nothing else has."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Attributes:
    name: of the file.
    content: its bytes.
    """

    name: str
    content: bytes

    def traces(self) -> Iterator[bytes]:
        """What must be found nowhere: pieces of the file, as they are and in base64."""
        for share in (0.3, 0.6, 0.9):
            start = int(len(self.content) * share)
            while len(set(piece := self.content[start : start + PIECE])) < PIECE // 2:  # zeros are everywhere
                start -= PIECE
            yield piece
            for offset in range(3):
                yield base64.b64encode(piece[offset : offset + 27])


METADATA = (TEXT.encode(), struct.pack("<II", *SECONDS), struct.pack(">II", *SECONDS), b"1970:01:02")
"""What no answer may hold, and no disk."""

SECRETS = (*METADATA, NAME.encode(), PIXELS.tobytes(), PIXELS[:, ::-1].tobytes())
"""What no disk, no log and no metric may hold."""


def marked(seed: int, file_format: str, height: int = 300, width: int = 400) -> Marked:
    """A drawn lesion with all marks that its format can carry."""
    pixels = np.array(lesion(seed, min(height, 600), min(width, 800)).resize((width, height)))
    pixels[height // 2, 8 : 8 + len(PIXELS)] = PIXELS
    options: dict[str, object] = {}
    if file_format in ("JPEG", "PNG", "WEBP", "TIFF"):
        options["exif"] = _exif()
    if file_format == "JPEG":
        options |= {"quality": 95, "comment": TEXT, "xmp": TEXT.encode()}
    if file_format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", TEXT)
        options |= {"pnginfo": text, "compress_level": 0}
    return Marked(f"{NAME}.{file_format.lower()}", encoded(Image.fromarray(pixels), file_format, **options))


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = TEXT  # description, artist
    place = exif.get_ifd(0x8825)
    place[0x0001], place[0x0002] = "N", (48.0, 8.0, SECONDS[0] / SECONDS[1])
    place[0x001D] = "1970:01:02"
    return exif


def metadata_of(picture: bytes) -> dict[str, object]:
    """What a picture file says beside its pixels."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.load()
        kept = {"exif", "comment", "xmp", "photoshop", "icc_profile", "Comment", "XML:com.adobe.xmp"}
        found = {name: value for name, value in opened.info.items() if name in kept}
        return {**found, **dict(opened.getexif())}
