"""Rows of results files, made up."""

import hashlib
from pathlib import Path
from typing import Any

from app.bulk.results import columns, write_results
from app.bulk.setup import model_of
from app.config import DEFAULT_BUNDLE
from app.screening.table import Cell

MODEL = model_of(DEFAULT_BUNDLE)


def row(path: str, p_malignant: float | None = None, **others: Cell) -> dict[str, Cell]:
    """A row as `screen` writes it; refused by the gate where there is no probability, unreadable with an `error`."""
    made: dict[str, Cell] = dict.fromkeys(columns(()))
    made |= {
        "path": path,
        "model_version": MODEL.split()[1],
        "model": MODEL,
        "sha256": hashlib.sha256(path.encode("utf-8", "replace")).hexdigest(),
    }
    if p_malignant is not None:
        made |= {
            "p_malignant": p_malignant,
            "prediction": "malignant" if p_malignant >= 0.5 else "benign",
            "confidence": max(p_malignant, 1 - p_malignant),
            "assessment": "refer" if p_malignant >= 0.1 else "low_risk",
        }
    elif "error" not in others:
        made |= {"assessment": "cannot_assess", "quality": "unlike_training"}
    return made | others


def results_file(path: Path, rows: list[dict[str, Cell]]) -> Path:
    write_results(path, columns(()), rows)
    return path


def of_file(path: Path, p_malignant: float | None, **others: Any) -> dict[str, Cell]:
    """The row of a file that is there."""
    content = path.read_bytes()
    return row(str(path), p_malignant, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), **others)
