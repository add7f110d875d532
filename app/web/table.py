"""The table of several answers as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from flask import current_app

from app.screening.table import Cell, answer_cells, answer_columns
from app.spreadsheets import guarded
from app.web.results import Result

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
        writer.writerow({column: guarded(value) if column in TEXT_COLUMNS else value for column, value in row.items()})
    return text.getvalue().encode("utf-8-sig")


def _sent(results: Sequence[Result]) -> list[Result]:
    return sorted(results, key=lambda entry: entry.number)


def _row(entry: Result, codes: Sequence[str], version: str) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(("name", *answer_columns(codes)), "")
    row |= {"name": entry.name, "model_version": version}
    if entry.refusal:
        row["error"] = f"{entry.refusal.title}. {entry.refusal.advice}"
    if entry.screening:
        row |= {column: _text(cell) for column, cell in answer_cells(entry.screening).items()}
    return row


def _text(cell: Cell) -> str:
    return f"{cell:.6f}" if isinstance(cell, float) else str(cell or "")
