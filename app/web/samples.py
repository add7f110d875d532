"""Drawn lesions on pages: the example of a usable picture, and the sample that anyone may try."""

import cv2
import numpy as np
import numpy.typing as npt
from flask import Flask, current_app

from app.ops.pictures import jpeg_uri
from app.screening.synthetic import draw_accepted, draw_lesion

EXAMPLE_SEED = 1
"""Without hairs."""

SAMPLE_HEIGHT, SAMPLE_WIDTH = 450, 600
SAMPLE = "sample"


def register(app: Flask) -> None:
    """Gives templates the example of a usable picture."""
    app.jinja_env.globals["example_picture"] = jpeg_uri(draw_lesion(EXAMPLE_SEED, 225, 300), 240)


def sample_picture() -> npt.NDArray[np.uint8]:
    """RGB uint8 (450, 600, 3): a drawn lesion that the served model assesses; found once."""
    if SAMPLE not in current_app.extensions:
        seed = draw_accepted(_assessed, EXAMPLE_SEED, SAMPLE_HEIGHT, SAMPLE_WIDTH)
        current_app.extensions[SAMPLE] = draw_lesion(seed, SAMPLE_HEIGHT, SAMPLE_WIDTH)
    drawn: npt.NDArray[np.uint8] = current_app.extensions[SAMPLE]
    return drawn


def sample_upload() -> bytes:
    """The sample as a PNG, to be screened like any other file."""
    return as_png(sample_picture())


def as_png(picture: npt.NDArray[np.uint8]) -> bytes:
    """An RGB picture (H, W, 3) as a PNG."""
    return cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes()


def _assessed(drawn: npt.NDArray[np.uint8]) -> bool:
    return bool(current_app.extensions["screener"].screen(as_png(drawn)).assessment != "cannot_assess")
