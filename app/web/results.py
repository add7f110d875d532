"""What a result page shows of one picture: an answer with its explanation, or why there is none."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from flask import current_app
from flask_babel import gettext

from app.ops.errors import Refusal
from app.ops.pictures import heat_uri, jpeg_uri
from app.ops.requests import Upload
from app.ops.several import answer_each
from app.ops.stalls import computing
from app.screening.screener import Screener, Screening
from app.web import pictures
from app.web.carried import Carried, sign

NO_IMAGE = np.zeros((0, 0, 3), np.uint8)

REFUSED_RISK, UNASSESSED_RISK = -1.0, 2.0
"""Beside probabilities 0..1, for the order of a page: who cannot be assessed comes first, who was refused last."""


@dataclass(frozen=True, slots=True)
class Result:
    """Attributes:
    number: of the picture in the order in which it was sent, from 1.
    name: of its file, or "Picture 3".
    synthetic: whether our own code drew it.
    screening: the answer; None where the picture was refused.
    refusal: why; None where there is an answer.
    photo, thumbnail: data: URIs.
    heat: data: URI of the evidence, or None.
    outline: SVG path of the lesion as the ROI stage sees it, or None.
    stages: (name, data: URI) for each stage that ran.
    carried: signed, for the PDF.
    """

    number: int
    name: str
    synthetic: bool = False
    screening: Screening | None = None
    refusal: Refusal | None = None
    photo: str = ""
    thumbnail: str = ""
    heat: str | None = None
    outline: str | None = None
    stages: tuple[tuple[str, str], ...] = ()
    carried: str = ""

    @property
    def risk(self) -> float:
        """To order a page by, the most urgent highest."""
        if self.screening is None:
            return REFUSED_RISK
        return UNASSESSED_RISK if self.screening.p_malignant is None else self.screening.p_malignant

    @property
    def verdict(self) -> str:
        """`refer`, `low_risk`, `cannot_assess`, `refused`, or `undecided` for a bundle without an operating point."""
        if self.screening is None:
            return "refused"
        return self.screening.assessment or "undecided"


def screened(uploads: list[Upload], *, synthetic: bool = False) -> list[Result]:
    """Screens pictures one after the other; one that is refused does not stop the rest.

    Raises:
        RefusedUpload: there is but one picture, and it is refused.
    """
    screener: Screener = current_app.extensions["screener"]

    def answer(number: int, upload: Upload) -> Result:
        screening = screener.screen(upload.content)
        name = _name(upload, number)
        with computing():
            return _answered(screener, number, name, screening, len(uploads), synthetic=synthetic)

    if len(uploads) == 1:
        return [answer(1, uploads[0])]
    return [
        Result(number, _name(uploads[number - 1], number), refusal=found) if isinstance(found, Refusal) else found
        for number, found in enumerate(answer_each(uploads, answer), 1)
    ]


def _answered(screener: Screener, number: int, name: str, screening: Screening, of: int, *, synthetic: bool) -> Result:
    explanation = screener.explain(screening)
    # What cannot be assessed is not explained either: there is no answer that anything could have led to.
    told = screening.p_malignant is not None
    return Result(
        number=number,
        name=name,
        synthetic=synthetic,
        # Without its picture: twenty large ones would fill the memory until the page is rendered.
        screening=replace(screening, image=NO_IMAGE),
        photo=jpeg_uri(screening.image, pictures.PREVIEW_SIDE if of == 1 else pictures.SMALL_PREVIEW_SIDE),
        thumbnail=jpeg_uri(screening.image, pictures.THUMBNAIL_SIDE) if of > 1 else "",
        heat=heat_uri(explanation.evidence) if told and explanation.evidence is not None else None,
        outline=pictures.outline_path(explanation.outline) if told and explanation.outline is not None else None,
        stages=tuple((stage, jpeg_uri(picture, pictures.STAGE_SIDE)) for stage, picture in explanation.stages),
        carried=sign(Carried.of(name, screening, screener.bundle, datetime.now(UTC), synthetic=synthetic)),
    )


def _name(upload: Upload, number: int) -> str:
    return upload.name or gettext("Picture %(number)s", number=number)
