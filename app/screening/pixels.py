"""A decoded picture to an RGB image, and what decodes without an error and still is no whole picture."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.screening.containers.picture import damaged
from app.screening.errors import UndecodableImage
from app.screening.words import N_

EIGHT_BIT_MODES = frozenset({"1", "L", "P", "RGB", "YCbCr"})
ALPHA_MODES = frozenset({"LA", "PA", "RGBA", "La", "RGBa"})
SIXTEEN_BIT_GREY_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})

FLAT_TAIL = 0.2
"""Share of rows at the bottom that may be of one colour: a cut-off JPEG that is closed again decodes, and ends so."""

STRIP_PIXELS = 500_000
"""Of a large picture that are converted at a time; conversions copy them up to four times."""


def reduced_rgb(picture: Image.Image, working_side: int) -> npt.NDArray[np.uint8]:
    """The picture as RGB uint8 (H, W, 3), reduced by a whole factor while both sides keep at least `working_side`.

    In strips, so that a large picture exists once: conversions would copy all of it, up to four times.
    """
    width, height = picture.size
    factor = max(1, min(width, height) // working_side)
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
    return strip.convert("RGB")


def oriented(image: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """The image as EXIF's orientation, 1 to 8, wants it turned: RGB uint8 (H, W, 3), or (W, H, 3)."""
    if orientation in (5, 6, 7, 8):
        image = image.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    return np.ascontiguousarray(image)


def check_colours(picture: Image.Image) -> None:
    """Raises UndecodableImage where its mode has no faithful 8-bit RGB form."""
    if picture.mode not in EIGHT_BIT_MODES | ALPHA_MODES | SIXTEEN_BIT_GREY_MODES:
        raise UndecodableImage(
            N_(
                "Its colours are stored as '%(mode)s', which has no faithful screen colours. "
                "Export it as an 8-bit RGB JPEG or PNG."
            ),
            mode=picture.mode,
        )


def ends_black(picture: Image.Image) -> bool:
    """Whether one of the last two rows is all zeros, as the last one of an interlaced picture may be the one before."""
    width, height = picture.size
    return any(picture.crop((0, row, width, row + 1)).getbbox() is None for row in (height - 2, height - 1))


def check_palette(picture: Image.Image) -> None:
    """Raises UndecodableImage where a pixel has a colour that the table lacks; Pillow makes it black."""
    if picture.mode != "P" or picture.palette is None:
        return
    colours = len(picture.palette.palette) // len(picture.palette.mode)
    if int(picture.getextrema()[1]) >= colours:  # type: ignore[arg-type]  # one band: (least, most)
        raise damaged()


def check_content(image: npt.NDArray[np.uint8]) -> None:
    """Raises UndecodableImage where the lower part of an RGB uint8 (H, W, 3) is flat."""
    # From the bottom up, and no further than to the first row that has another colour: nearly always the last one.
    tail = image[len(image) - 1 - int(FLAT_TAIL * len(image)) :]
    if not any((row != image[-1, -1]).any() for row in reversed(tail)):
        raise UndecodableImage(
            N_(
                "Its lower part is one single colour, like a file that was cut off. Send the original again; "
                "if the picture is whole, cut its border off."
            )
        )
