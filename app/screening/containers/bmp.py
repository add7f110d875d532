"""BMP: a header of fixed places."""

import struct

from app.screening.containers.picture import Container
from app.screening.errors import UndecodableImage
from app.screening.words import N_

_CORE = 12
"""Size of the oldest header, whose numbers have 16 bits."""

_RAW, _BITFIELDS = 0, 3


def is_one(upload: bytes) -> bool:
    """Whether the file begins as a BMP."""
    return upload.startswith(b"BM")


def read(upload: bytes) -> Container:
    """Reads the header. The file is kept as it is.

    Run-length coding is refused: Pillow unpacks it in Python, in seconds for a few megabytes, and hardly anybody
    writes it.
    """
    (header,) = struct.unpack_from("<I", upload, 14)
    if header == _CORE:
        width, height, _, bits = struct.unpack_from("<HHHH", upload, 18)
        compression = _RAW
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", upload, 18)
    if compression not in (_RAW, _BITFIELDS):
        raise UndecodableImage(
            N_("This kind of compression inside a BMP is not read. Export the picture as JPEG or PNG.")
        )
    size = (width, abs(height))
    return Container("BMP", size, upload, (1 if bits <= 8 else 4) * width * abs(height), "BMP")
