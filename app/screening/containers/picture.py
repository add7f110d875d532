"""What every container tells of its picture, and the refusals that they share."""

from dataclasses import dataclass

from app.screening.errors import UndecodableImage
from app.screening.words import N_


@dataclass(frozen=True, slots=True)
class Container:
    """Attributes:
    file_format: Pillow's name of it.
    size: (width, height) in pixels, before it is turned.
    content: the file as its decoder gets it.
    decode_bytes: memory that the decoder needs for it, about.
    kind: what needs the memory, in words that a user knows.
    orientation: EXIF's, 1 to 8.
    """

    file_format: str
    size: tuple[int, int]
    content: bytes
    decode_bytes: int
    kind: str
    orientation: int = 1


def damaged() -> UndecodableImage:
    """The file is not what its first bytes promise."""
    return UndecodableImage(
        N_("The file is damaged or incomplete. Send the original again, or export it as JPEG or PNG.")
    )


def several_pictures() -> UndecodableImage:
    """An animation or a stack."""
    return UndecodableImage(N_("The file holds several pictures or frames. Save the one to screen as a JPEG or PNG."))


def too_much_metadata() -> UndecodableImage:
    """More parts than any camera or program writes."""
    return UndecodableImage(
        N_("The file consists of far too many parts. Export the picture again as JPEG or PNG."),
    )
