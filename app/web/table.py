"""The table of several answers as CSV."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from flask import current_app

from app.web.results import Result

FORMULA = re.compile("(^|[;,\t\r\n])\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""A spreadsheet would compute a text that begins so, in full width too, or a part of it where it splits at such a sign
(OWASP, CSV injection)."""

TEXT_COLUMNS = ("name", "error", "quality")


def rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """A JSON-ready row a picture, in the order in which they were sent; the columns of `flask screen`."""
    bundle = current_app.extensions["screener"].bundle
    return [_row(entry, [label.code for label in bundle.classes], bundle.version) for entry in _sent(results)]


def csv_file(table: Sequence[dict[str, Any]]) -> bytes:
    """UTF-8 with a byte order mark, by which spreadsheets know it, and CRLF (RFC 4180)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table[0]), lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for row in table:
        writer.writerow({column: _guarded(value) if column in TEXT_COLUMNS else value for column, value in row.items()})
    return text.getvalue().encode("utf-8-sig")


def _sent(results: Sequence[Result]) -> list[Result]:
    return sorted(results, key=lambda entry: entry.number)


def _row(entry: Result, codes: Sequence[str], version: str) -> dict[str, Any]:
    row = dict.fromkeys(
        ("name", "prediction", "confidence", "p_malignant", "assessment", *(f"p_{code}" for code in codes),
         "quality", "error", "model_version"), "",
    ) | {"name": entry.name, "model_version": version}  # fmt: skip
    if entry.refusal:
        row["error"] = f"{entry.refusal.title}. {entry.refusal.advice}"
    if (found := entry.screening) is None:
        return row
    probabilities = {f"p_{kind.label.code}": _number(kind.probability) for kind in found.classes}
    return (
        row
        | probabilities
        | {
            "prediction": found.prediction or "",
            "confidence": _number(found.confidence),
            "p_malignant": _number(found.p_malignant),
            "assessment": found.assessment or "",
            "quality": " ".join(warning.code for warning in found.quality.warnings) if found.quality else "",
        }
    )


def _guarded(text: str) -> str:
    return "'" + text.replace(";", " ").replace("\t", " ") if FORMULA.search(text) else text


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
