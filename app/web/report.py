"""One answer as a page of PDF, with empty fields for reference and notes that whoever opens it fills in."""

import base64
import io
from contextlib import nullcontext
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from flask_babel import force_locale, format_datetime, get_locale, gettext
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table

from app.screening.bundle import ModelBundle
from app.screening.screener import DISCLAIMER
from app.web.carried import Carried
from app.web.languages import percent
from app.web.words import PREDICTIONS, PREVALENCES, VERDICTS

WITHOUT_FONT = ("bn",)
"""Languages that PDF's own fonts cannot write; their reports are in English."""

INK, QUIET, LINE = colors.HexColor("#17252b"), colors.HexColor("#4a5c64"), colors.HexColor("#c3cfd4")
VERDICT_COLOURS = {"refer": colors.HexColor("#9b1c1c"), "low_risk": colors.HexColor("#0b5a3c")}
PHOTO_SIDE = 62 * mm
TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9.5, leading=13, textColor=INK)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=8, leading=10.5, textColor=QUIET)
HEADING = ParagraphStyle("heading", parent=TEXT, fontName="Helvetica-Bold", fontSize=11, spaceBefore=8, spaceAfter=3)
TITLE = ParagraphStyle("title", parent=HEADING, fontSize=15, leading=19, spaceBefore=0)
PLAIN = [("LEFTPADDING", (0, 0), (0, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
RULES = [("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), *PLAIN]


def pdf(answer: Carried, bundle: ModelBundle) -> bytes:
    """One A4 page in the reader's language, or in English where PDF's own fonts cannot write it.

    Its metadata name neither the file nor the patient.
    """
    with force_locale("en") if str(get_locale()) in WITHOUT_FONT else nullcontext():
        buffer = io.BytesIO()
        title = gettext("Lesion Screening: report")
        document = SimpleDocTemplate(
            buffer, pagesize=A4, leftMargin=18 * mm, rightMargin=18 * mm, topMargin=14 * mm, bottomMargin=12 * mm,
            title=title, author="", subject="", creator="Lesion Screening", lang=str(get_locale()),
        )  # fmt: skip
        document.build(
            [
                Paragraph(_safe(title), TITLE),
                Paragraph(_safe(gettext(DISCLAIMER)), SMALL),
                Spacer(1, 5),
                _fields(),
                Spacer(1, 6),
                _beside(_photo(answer), [*_verdict(answer), *_classes(answer, bundle)]),
                *_operating_point(bundle),
                *_origin(answer, bundle),
            ]
        )
        return buffer.getvalue()


class _Field(Flowable):  # type: ignore[misc]  # ReportLab ships no types
    """A field of a PDF form, with its label above."""

    def __init__(self, name: str, label: str, width: float, height: float) -> None:
        super().__init__()
        self.field, self.label, self.width, self.height = name, label, width, height + 12

    def draw(self) -> None:
        self.canv.setFont("Helvetica", 8)
        self.canv.setFillColor(QUIET)
        self.canv.drawString(0, self.height - 9, self.label)
        self.canv.acroForm.textfieldRelative(
            name=self.field, tooltip=self.label, x=0, y=0, width=self.width, height=self.height - 12, fontSize=9,
            borderColor=LINE, fillColor=colors.white, textColor=INK, borderWidth=0.6,
            fieldFlags="multiline" if self.height > 40 else "", maxlen=2000,
        )  # fmt: skip


def _fields() -> Table:
    reference = _Field("reference", gettext("Patient reference"), 60 * mm, 18)
    return Table(
        [[reference, _Field("notes", gettext("Notes"), 102 * mm, 42)]],
        colWidths=[65 * mm, 104 * mm],
        style=PLAIN,
        hAlign="LEFT",
    )


def _photo(answer: Carried) -> Image:
    image = Image(io.BytesIO(base64.b64decode(answer.photo)))
    scale = PHOTO_SIDE / max(image.imageWidth, image.imageHeight)
    image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
    return image


def _beside(photo: Image, content: list[Any]) -> Table:
    style = [*PLAIN, ("RIGHTPADDING", (1, 0), (1, 0), 0)]
    return Table([[photo, content]], colWidths=[65 * mm, 104 * mm], style=style, hAlign="LEFT")


def _verdict(answer: Carried) -> list[Any]:
    verdict = answer.assessment or "undecided"
    headline, meaning = VERDICTS[verdict]
    colour = VERDICT_COLOURS.get(verdict, INK)
    style = ParagraphStyle("verdict", parent=TITLE, textColor=colour)
    lines = [Paragraph(_safe(gettext(headline)), style), Paragraph(_safe(gettext(meaning)), TEXT)]
    if answer.synthetic:
        lines.append(Paragraph(_safe(gettext("A drawn picture, not a patient's.")), TEXT))
    if answer.prediction and answer.confidence is not None and answer.p_malignant is not None:
        likelier = gettext(
            "Likelier %(prediction)s, confidence %(confidence)s. Probability of malignancy %(probability)s.",
            prediction=gettext(PREDICTIONS[answer.prediction]),
            confidence=percent(answer.confidence),
            probability=percent(answer.p_malignant),
        )
        lines.append(Paragraph(_safe(likelier), TEXT))
    lines += [Paragraph(_safe(f"! {gettext(warning)}"), TEXT) for warning in answer.warnings]
    return lines


def _classes(answer: Carried, bundle: ModelBundle) -> list[Any]:
    if not answer.classes:
        return []
    labels = {label.code: label for label in bundle.classes}
    side = (PREDICTIONS["benign"], PREDICTIONS["malignant"])
    table = [
        [
            Paragraph(_safe(gettext(labels[code].name)), TEXT),
            Paragraph(_safe(gettext(side[labels[code].malignant])), TEXT),
            Paragraph(_safe(percent(probability)), TEXT),
        ]
        for code, probability in answer.classes
    ]
    return [Spacer(1, 6), Table(table, colWidths=[58 * mm, 24 * mm, 20 * mm], style=RULES, hAlign="LEFT")]


def _operating_point(bundle: ModelBundle) -> list[Any]:
    if (point := bundle.operating_point) is None:
        return []
    measured = gettext(
        "Referred from %(threshold)s on. Sensitivity %(sensitivity)s (%(sensitivity_low)s to %(sensitivity_high)s), "
        "specificity %(specificity)s (%(specificity_low)s to %(specificity_high)s), 95 %% intervals; measured on: "
        "%(data)s, as if none of them were refused.",
        threshold=percent(point.threshold),
        sensitivity=percent(point.sensitivity.value),
        sensitivity_low=percent(point.sensitivity.low),
        sensitivity_high=percent(point.sensitivity.high),
        specificity=percent(point.specificity.value),
        specificity_low=percent(point.specificity.low),
        specificity_high=percent(point.specificity.high),
        data=point.measured_on,
    )
    values = [point.predictive_values(prevalence) for prevalence in PREVALENCES]
    table = [
        [gettext("Prevalence"), *(percent(prevalence, 0) for prevalence in PREVALENCES)],
        [gettext("Malignant among those referred (PPV)"), *(percent(found) for found, _ in values)],
        [gettext("Benign among the others (NPV)"), *(percent(cleared) for _, cleared in values)],
    ]
    cells = [[Paragraph(_safe(cell), TEXT) for cell in row] for row in table]
    return [
        Paragraph(_safe(gettext("Operating point")), HEADING),
        Paragraph(_safe(measured), TEXT),
        Spacer(1, 4),
        Table(cells, colWidths=[74 * mm, *[19 * mm] * 5], style=RULES, hAlign="LEFT"),
    ]


def _origin(answer: Carried, bundle: ModelBundle) -> list[Any]:
    time = format_datetime(datetime.fromisoformat(answer.time), "yyyy-MM-dd HH:mm:ss")
    said = gettext(
        "Made %(time)s UTC by %(name)s %(version)s, SHA-256 of the model %(sha256)s.",
        time=time,
        name=bundle.name,
        version=bundle.version,
        sha256=bundle.model_sha256,
    )
    kept = gettext(
        "The fields above are yours to fill in: the server has seen neither, and keeps nothing of this report."
    )
    return [Spacer(1, 6), Paragraph(_safe(said), SMALL), Paragraph(_safe(kept), SMALL)]


def _safe(text: str) -> str:
    """For ReportLab's markup, in which < and & mean something."""
    return escape(text)
