"""Renders pages."""

import base64

import cv2
import numpy as np
import numpy.typing as npt
from flask import Response, current_app, make_response, render_template

from app.ops.errors import Refusal
from app.screening.decode import FORMAT_WORDS
from app.screening.screener import DISCLAIMER, Screening
from app.web.forms import UploadForm

PREVIEW_SIDE = 640
PREVIEW_QUALITY = 88


def start_page(refusal: Refusal | None = None) -> Response:
    """The form, below what was wrong with the last photo where there is something."""
    limits = current_app.extensions["screener"].limits
    page = render_template(
        "start.html",
        form=UploadForm(formdata=None),
        refusal=refusal,
        formats=FORMAT_WORDS,
        max_mb=f"{limits.max_bytes / 1e6:g}",
        min_side=limits.min_side,
        **_footer(),
    )
    return make_response(page, refusal.status if refusal else 200)


def result_page(screening: Screening) -> Response:
    """The answer to one photo."""
    return make_response(
        render_template(
            "result.html",
            screening=screening,
            point=current_app.extensions["screener"].bundle.operating_point,
            photo=data_uri(screening.image),
            **_footer(),
        )
    )


def error_page(refusal: Refusal) -> Response:
    """An error, told on the page from which the user can try again."""
    return start_page(refusal)


def data_uri(image: npt.NDArray[np.uint8]) -> str:
    """The image as a JPEG of at most PREVIEW_SIDE pixels, inside a data: URI. Made of pixels, free of metadata."""
    height, width = image.shape[:2]
    scale = min(1.0, PREVIEW_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    _, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, PREVIEW_QUALITY]
    )
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


def _footer() -> dict[str, str]:
    bundle = current_app.extensions["screener"].bundle
    return {
        "disclaimer": DISCLAIMER,
        "model_name": bundle.name,
        "model_version": bundle.version,
        "model_sha256": bundle.model_sha256,
    }
