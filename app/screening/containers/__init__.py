"""A file's outermost structure, read before a decoder may see the file.

Here are found the size of the picture, what its decoder will need, and how it has to be turned; and the file is
handed on without anything that its decoder does not need: no EXIF, ICC profile, XMP, text, thumbnail, further picture,
or whatever hangs behind its end. Decoders pay for those without asking: Pillow unpacks compressed text that nobody
reads, and reads a JPEG of nothing but tiny segments in quadratic time.
"""

from collections.abc import Callable

from app.screening.containers import bmp, jpeg, png, tiff, webp
from app.screening.containers.picture import Container

READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Container]], ...] = (
    (jpeg.is_one, jpeg.read),
    (png.is_one, png.read),
    (webp.is_one, webp.read),
    (tiff.is_one, tiff.read),
    (bmp.is_one, bmp.read),
)

__all__ = ["Container", "read_container"]


def read_container(upload: bytes) -> Container | None:
    """Reads the structure of a file, whatever its name or Content-Type says.

    Returns:
        What has to be known before it is decoded; None where it is none of the accepted formats.

    Raises:
        UndecodableImage: the file is cut off or damaged, holds several pictures, or is of a kind that is not read.
        struct.error, IndexError: it ends where a number should be.
    """
    return next((read(upload) for is_one, read in READERS if is_one(upload)), None)
