"""The counts of a results file and the few rows that its summary shows, from one pass over any number of rows."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.bulk.results import MODEL
from app.screening.table import Cell

Row = Mapping[str, Cell]

BINS = 20
"""Of the histogram of probabilities, equally wide."""

SHOWN_RISKIEST = 24
SHOWN_REFUSED = 12
SHOWN_MISSED = 12
"""Pictures that a page shows: some 50, of a few kilobytes each."""

SHOWN_COPIES = 20
EXAMPLES = 5
MOST_REASONS = 50
"""Kinds of errors that are told apart; a hostile folder must not make the page endless."""

REFER, LOW_RISK, UNDECIDED, CANNOT_ASSESS, UNREADABLE = "refer", "low_risk", "undecided", "cannot_assess", "unreadable"
OUTCOMES = (REFER, LOW_RISK, UNDECIDED, CANNOT_ASSESS, UNREADABLE)
"""What became of a file. `undecided`: assessed by a model without an operating point."""


@dataclass(slots=True)
class Reason:
    """Attributes:
    files: how many could not be read for this reason.
    text: the first one's error, a sentence or two.
    examples: paths of the first EXAMPLES.
    """

    files: int = 0
    text: str = ""
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Overview:
    """Attributes:
    files: rows of the results file.
    outcomes: files by one of OUTCOMES.
    histogram: int (BINS,), assessed files by probability of malignancy.
    warnings: files by the code of a quality warning.
    reasons: why files could not be read, by the stable word for it, the most frequent first.
    copies: files that have the same bytes as an earlier one.
    pairs: (first path, path of the copy) of the first SHOWN_COPIES of them.
    riskiest: rows of highest probability, the highest first, without copies; SHOWN_RISKIEST at most.
    refused: the first rows that cannot be assessed, without copies; SHOWN_REFUSED at most.
    models: that answered, as results files name them, by how many files; empty where a file does not say.
    """

    files: int
    outcomes: Mapping[str, int]
    histogram: npt.NDArray[np.int64]
    warnings: Mapping[str, int]
    reasons: Mapping[str, Reason]
    copies: int
    pairs: tuple[tuple[str, str], ...]
    riskiest: tuple[Row, ...]
    refused: tuple[Row, ...]
    models: Mapping[str, int]

    @property
    def assessed(self) -> int:
        """Files that got a probability."""
        return sum(self.outcomes[name] for name in (REFER, LOW_RISK, UNDECIDED))


def overview(rows: Iterable[Row]) -> Overview:
    """Counts the rows; holds a fixed number of them."""
    outcomes, warnings, models = Counter[str](), Counter[str](), Counter[str]()
    histogram = np.zeros(BINS, np.int64)
    reasons: dict[str, Reason] = {}
    pairs: list[tuple[str, str]] = []
    riskiest: list[tuple[float, int, Row]] = []
    refused: list[Row] = []
    files = copies = 0
    for files, row in enumerate(rows, 1):  # the number of rows is needed after the loop
        outcome = outcome_of(row)
        outcomes[outcome] += 1
        models[str(row.get(MODEL) or "")] += 1
        warnings.update(str(row["quality"] or "").split())
        first = row["duplicate_of"]
        if first is not None:
            copies += 1
            if len(pairs) < SHOWN_COPIES:
                pairs.append((str(first), str(row["path"])))
        if outcome == UNREADABLE:
            _add_reason(reasons, row)
        p_malignant = row["p_malignant"]
        if isinstance(p_malignant, float):
            histogram[min(int(p_malignant * BINS), BINS - 1)] += 1
            if first is None:
                heapq.heappush(riskiest, (p_malignant, -files, row))  # of equal ones the earlier stays
                if len(riskiest) > SHOWN_RISKIEST:
                    heapq.heappop(riskiest)
        elif outcome == CANNOT_ASSESS and first is None and len(refused) < SHOWN_REFUSED:
            refused.append(row)
    return Overview(
        files=files,
        outcomes={name: outcomes[name] for name in OUTCOMES},
        histogram=histogram,
        warnings=dict(warnings.most_common()),
        reasons=dict(sorted(reasons.items(), key=lambda entry: -entry[1].files)),
        copies=copies,
        pairs=tuple(pairs),
        riskiest=tuple(row for *_, row in sorted(riskiest, key=lambda entry: entry[:2], reverse=True)),
        refused=tuple(refused),
        models=dict(models),
    )


def rows_at(rows: Iterable[Row], places: Sequence[int]) -> list[Row]:
    """The rows at these places, 0 being the first, in the order of `places`."""
    wanted = set(places)
    found = {place: row for place, row in enumerate(rows) if place in wanted}
    return [found[place] for place in places]


def outcome_of(row: Row) -> str:
    """One of OUTCOMES."""
    if row["error"] is not None:
        return UNREADABLE
    if row["assessment"] is None:
        return UNDECIDED if row["p_malignant"] is not None else CANNOT_ASSESS
    return str(row["assessment"])


def _add_reason(reasons: dict[str, Reason], row: Row) -> None:
    name = str(row["reason"] or "other")
    if name not in reasons and len(reasons) >= MOST_REASONS:
        name = "other"
    reason = reasons.setdefault(name, Reason(text=str(row["error"])))
    reason.files += 1
    if len(reason.examples) < EXAMPLES:
        reason.examples.append(str(row["path"]))
