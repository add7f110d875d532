"""The one tag of EXIF that matters: how the camera was held."""

import struct

MAX_TAGS = 512
_ORIENTATION = 0x0112
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_NUMBERS = {3: "H", 4: "L"}
"""TIFF's types SHORT and LONG."""


def orientation(exif: bytes) -> int:
    """1 to 8, of an EXIF block; 1, upright, where it says nothing or is damaged. No other tag is read.

    EXIF 2.32, section 4.6.2: a TIFF header, and a directory of 12 bytes a tag.
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(exif[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}L", exif, 4)
        (tags,) = struct.unpack_from(f"{order}H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * min(tags, MAX_TAGS), 12):
            tag, kind, count = struct.unpack_from(f"{order}HHL", exif, entry)
            if tag == _ORIENTATION and kind in _NUMBERS and count == 1:
                (found,) = struct.unpack_from(order + _NUMBERS[kind], exif, entry + 8)
                return upright_unless_known(found)
    except struct.error:
        pass
    return 1


def upright_unless_known(found: int) -> int:
    """`found`, or 1 where there is no such orientation."""
    return found if 1 <= found <= 8 else 1
