"""Formats that are read only where they are switched on: HEIC of phones, and DICOM."""

import importlib
from functools import cache

from app.screening.errors import UnacceptedFormat
from app.screening.words import N_

HEIC, DICOM = "heic", "dicom"
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_DICOM_PREAMBLE = 128


def extra_kind(upload: bytes) -> str | None:
    """HEIC, DICOM, or None for every other file, by its first bytes."""
    if upload[4:8] == b"ftyp" and upload[8:12] in HEIC_BRANDS:
        return HEIC
    return DICOM if upload[_DICOM_PREAMBLE : _DICOM_PREAMBLE + 4] == b"DICM" else None


def check_switched_on(kind: str, switched_on: frozenset[str]) -> None:
    """Raises UnacceptedFormat, with what to do instead, where `kind` is not read here."""
    if kind in switched_on:
        return
    if kind == HEIC:
        raise UnacceptedFormat(
            N_(
                "This is a HEIC picture, which this server does not read. Export it as JPEG, "
                "or let the phone take JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)."
            )
        )
    raise UnacceptedFormat(
        N_("This is a DICOM file, which this server does not read. Export its picture as PNG or JPEG.")
    )


@cache
def register_heic() -> None:
    """Gives Pillow the plugin HEIF. Previews inside a file are never used in place of the picture."""
    plugin = importlib.import_module("pillow_heif")
    plugin.options.DECODE_THREADS = 1
    plugin.register_heif_opener(thumbnails=False)
