"""What tests of security found, as rows of the tables in docs/security.md.

`make soak` sets LESION_RECORD, and the rows are written to RECORDED, of which `python -m training report` makes the
tables. Every other run compares: a test that sees something else than the document says fails.
"""

import json
import os

from app.config import REPOSITORY

RECORDED = REPOSITORY / "docs" / "figures" / "faults.json"
RECORDING = "LESION_RECORD"


def record(table: str, what: str, **seen: str | int) -> None:
    """Writes a row, or compares it with the one that was written.

    Args:
        table: of the document.
        what: the row's first cell; it stands once in its table.
        seen: the other cells. Counts are written and not compared: a shorter run tries less.
    """
    found: dict[str, dict[str, dict[str, str | int]]] = (
        json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    )
    if os.environ.get(RECORDING):
        found.setdefault(table, {})[what] = seen
        RECORDED.write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    assert what in found.get(table, {}), f"docs/security.md does not know {what!r}; `make soak` writes it"
    assert _words(seen) == _words(found[table][what]), "docs/security.md says otherwise; `make soak` writes it anew"


def _words(row: dict[str, str | int]) -> dict[str, str | int]:
    return {name: cell for name, cell in row.items() if isinstance(cell, str)}
