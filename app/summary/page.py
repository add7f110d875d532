"""The summary as one HTML page that loads nothing: no script, no network, pictures as data."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import render_template
from flask_babel import force_locale
from markupsafe import Markup

from app.screening.bundle import ModelBundle
from app.screening.decode import DecodeLimits
from app.screening.quality import WARNINGS
from app.screening.screener import DISCLAIMER
from app.summary import charts
from app.summary.overview import CANNOT_ASSESS, LOW_RISK, REFER, UNDECIDED, UNREADABLE, Overview, Row, outcome_of
from app.summary.thumbnails import thumbnail
from app.summary.words import counted, shown

OUTCOME_NAMES = {
    REFER: "Refer",
    LOW_RISK: "Low risk",
    UNDECIDED: "No recommendation",
    CANNOT_ASSESS: "Cannot assess",
    UNREADABLE: "Could not be read",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """Attributes:
    folder: of the file with its last slash, as it can be shown; empty where it has none.
    name: of the file, as it can be shown.
    outcome: one of OUTCOMES.
    p_malignant: 0..1; None where there is no answer.
    warnings: titles of its quality warnings.
    thumbnail: data: URI; None where the file is not there any more.
    truth: of its label, True for malignant; None where there is none.
    """

    folder: str
    name: str
    outcome: str
    p_malignant: float | None
    warnings: tuple[str, ...]
    thumbnail: str | None
    truth: bool | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """Attributes:
    evaluation: figures as `evaluated` gives them.
    truths: SHA-256 of a labelled picture: whether it is malignant.
    missed: rows of malignant pictures that were called low risk.
    """

    evaluation: Mapping[str, Any]
    truths: Mapping[str, bool]
    missed: Sequence[Row]


def summary_page(
    found: Overview,
    bundle: ModelBundle,
    limits: DecodeLimits,
    *,
    results_name: str,
    labelled: Labelled | None = None,
    run: str = "",
) -> str:
    """The page, in English as the command line is.

    Args:
        found: of the results file.
        bundle: that answered.
        limits: for reading the pictures once more.
        results_name: of the results file.
        labelled: what the answers are worth; None without labels.
        run: a sentence on how long the run took, or nothing.
    """
    style = (Path(__file__).parent / "templates" / "summary.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    evaluation, truths = (labelled.evaluation, labelled.truths) if labelled else (None, {})
    reasons = {shown(name): reason for name, reason in found.reasons.items()}
    with force_locale("en"):
        return render_template(
            "summary.html",
            style=Markup(style),  # noqa: S704  # our own file; escaped, its quotes would end up in it as entities
            style_hash=f"sha256-{digest}",
            disclaimer=DISCLAIMER,
            bundle=bundle,
            point=bundle.operating_point,
            found=found,
            outcomes=OUTCOME_NAMES,
            shown_outcomes=[name for name in OUTCOME_NAMES if name != UNDECIDED or found.outcomes[name]],
            results_name=shown(results_name),
            made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
            run=run,
            columns=charts.columns(found.histogram),
            warnings=charts.bars({_title(code): count for code, count in found.warnings.items()}),
            reasons=[
                (name, {"text": shown(reason.text), "examples": [shown(path) for path in reason.examples]})
                for name, reason in reasons.items()
            ],
            reason_bars=charts.bars({name: reason.files for name, reason in reasons.items()}),
            pairs=[(shown(first), shown(copy)) for first, copy in found.pairs],
            riskiest=[_picture(row, limits, truths) for row in found.riskiest],
            refused=[_picture(row, limits, truths) for row in found.refused],
            missed=[_picture(row, limits, truths) for row in labelled.missed] if labelled else [],
            evaluation=evaluation,
            counted=counted,
            roc=charts.roc_line(evaluation["roc"]) if evaluation else "",
            dots=charts.reliability_dots(evaluation["reliability"]) if evaluation else [],
        )


def _picture(row: Row, limits: DecodeLimits, truths: Mapping[str, bool]) -> Picture:
    p_malignant = row["p_malignant"]
    folder, slash, name = str(row["path"]).rpartition("/")
    return Picture(
        folder=shown(folder + slash),
        name=shown(name),
        outcome=outcome_of(row),
        p_malignant=p_malignant if isinstance(p_malignant, float) else None,
        warnings=tuple(_title(code) for code in str(row["quality"] or "").split()),
        thumbnail=thumbnail(row, limits),
        truth=truths.get(str(row["sha256"])),
    )


def _title(code: str) -> str:
    """Of a quality warning; the code itself where it is of a bundle that knows others."""
    return WARNINGS[code].title if code in WARNINGS else shown(code)
