"""What a result page carries so that it can become a file later: the server keeps nothing, so the page does.

Signed, so that a report with this application's name on it says what the application said.
"""

import base64
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from app.ops.pictures import jpeg
from app.ops.requests import ExpiredResult
from app.screening.bundle import ModelBundle
from app.screening.screener import Screening

ANSWER, TABLE = "answer", "table"
"""What is signed; one is no good for the other."""

REPORT_SIDE = 420
"""Pixels of the picture in a report."""

CARRIED_BYTES = 1_000_000
"""What a form may carry: a signed result has some 60 KB, the table of twenty 10 KB."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One answer, JSON-ready.

    Attributes:
        name: of the file.
        time: ISO 8601, UTC, to the second.
        model: SHA-256 of the model file.
        synthetic: whether the picture was drawn.
        assessment, prediction, confidence, p_malignant: as in Screening.
        classes: (code, probability), the likeliest first.
        warnings: titles of the quality warnings, in English.
        photo: base64 of a JPEG; empty in a table's row.
    """

    name: str
    time: str
    model: str
    synthetic: bool
    assessment: str | None
    prediction: str | None
    confidence: float | None
    p_malignant: float | None
    classes: list[tuple[str, float]]
    warnings: list[str]
    photo: str = ""

    @classmethod
    def of(cls, name: str, screening: Screening, bundle: ModelBundle, time: datetime, *, synthetic: bool) -> "Carried":
        """Takes over an answer and a small copy of its picture."""
        quality = screening.quality
        return cls(
            name=name,
            time=time.isoformat(timespec="seconds"),
            model=bundle.model_sha256,
            synthetic=synthetic,
            assessment=screening.assessment,
            prediction=screening.prediction,
            confidence=screening.confidence,
            p_malignant=screening.p_malignant,
            classes=[(entry.label.code, entry.probability) for entry in screening.classes],
            warnings=[warning.title for warning in quality.warnings] if quality else [],
            photo=base64.b64encode(jpeg(screening.image, REPORT_SIDE)).decode("ascii"),
        )


def sign(carried: Carried) -> str:
    """An answer, for a hidden field."""
    return _serializer(ANSWER).dumps(asdict(carried))


def sign_table(rows: list[dict[str, str]]) -> str:
    """The rows of a table, for a hidden field."""
    return _serializer(TABLE).dumps(rows)


def verified_table(field: str | None) -> list[dict[str, str]]:
    """The rows that `sign_table` was given.

    Raises:
        ExpiredResult: they were not signed with this server's key, or were changed.
    """
    found: list[dict[str, str]] = _verified(field, TABLE)
    return found


def verified_answer(field: str | None) -> Carried:
    """A signed answer of the model that is served now.

    Raises:
        ExpiredResult: it is not signed, or was given by another model.
    """
    try:
        carried = Carried(**_verified(field, ANSWER))
    except TypeError as error:  # of another version of this application
        raise ExpiredResult from error
    if carried.model != current_app.extensions["screener"].bundle.model_sha256:
        raise ExpiredResult
    return carried


def _verified(field: str | None, kind: str) -> Any:
    try:
        return _serializer(kind).loads(field or "")
    except BadData as error:
        raise ExpiredResult from error


def _serializer(kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=kind)
