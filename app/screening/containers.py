"""What has to be known of a file before a decoder may see it: costs that decoders pay without asking.

Measured: a progressive JPEG that repeats its last scan takes 30 ms for each, 75 bytes a scan, at 49 megapixels; a JPEG
of nothing but tiny metadata segments is parsed in quadratic time; a WebP's canvas is reserved on opening.
"""

import struct

from app.screening.errors import UndecodableImage
from app.screening.words import N_

MAX_SCANS = 64
"""Of a JPEG; libjpeg's own progressive script has 10, one scan a bit of each coefficient would be about 50."""

MAX_SEGMENTS = 512
"""Before a JPEG's first scan; 15 MB of extended XMP are about 230."""

_JPEG, _SOS = b"\xff\xd8\xff", b"\xff\xda"
_STANDALONE = frozenset(range(0xD0, 0xDA)) | {0x01}


def check_container(upload: bytes) -> tuple[int, int] | None:
    """Looks at a file's outermost structure.

    Returns:
        (width, height) of the canvas where it has to be checked before the file is opened, else None.

    Raises:
        UndecodableImage: the structure would cost the decoder far more than its size.
    """
    if upload.startswith(_JPEG):
        _check_jpeg(upload)
    if upload[:4] == b"RIFF" and upload[8:16] == b"WEBPVP8X" and len(upload) >= 30:
        return int.from_bytes(upload[24:27], "little") + 1, int.from_bytes(upload[27:30], "little") + 1
    return None


def _check_jpeg(upload: bytes) -> None:
    # Compressed data never holds FF DA (an FF in it is followed by 00), so that this counts scans and thumbnails'.
    if upload.count(_SOS) > MAX_SCANS:
        raise UndecodableImage(N_("The JPEG consists of far too many scans. Export the picture again as JPEG or PNG."))
    at, segments = 2, 0
    while at + 4 <= len(upload) and upload[at] == 0xFF and upload[at + 1] != _SOS[1]:
        if upload[at + 1] == 0xFF or upload[at + 1] in _STANDALONE:
            at += 1 if upload[at + 1] == 0xFF else 2
        else:
            at += 2 + max(2, struct.unpack_from(">H", upload, at + 2)[0])
        segments += 1
        if segments > MAX_SEGMENTS:
            raise UndecodableImage(N_("The JPEG has far too much metadata. Export the picture again as JPEG or PNG."))
