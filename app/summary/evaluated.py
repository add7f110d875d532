"""A results file beside its labels: what the answers of a run are worth, as JSON and in a few lines."""

import json
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.evaluation.batch import Batch, measure_batch
from app.evaluation.bootstrap import RESAMPLES
from app.evaluation.labels import Label, Labels
from app.evaluation.matching import match
from app.screening.bundle import ModelBundle
from app.summary.overview import CANNOT_ASSESS, LOW_RISK, REFER, SHOWN_MISSED, UNDECIDED, UNREADABLE, Row, outcome_of
from app.summary.words import counted

SCHEMA_VERSION = 1
SUFFIX = ".evaluation.json"


@dataclass(slots=True)
class Answered:
    """What an evaluation needs of each row of a results file, in its order.

    Attributes:
        paths: of the files.
        p_malignant: calibrated probabilities, NaN where there is none.
        outcomes: one of OUTCOMES each.
        digests: SHA-256 of the files; None where a file could not even be opened.
    """

    paths: list[str] = field(default_factory=list)
    p_malignant: "array[float]" = field(default_factory=lambda: array("d"))
    outcomes: list[str] = field(default_factory=list)
    digests: list[str | None] = field(default_factory=list)

    def seen(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows themselves, each remembered as it passes."""
        for row in rows:
            p_malignant, digest = row["p_malignant"], row["sha256"]
            self.paths.append(str(row["path"]))
            self.p_malignant.append(p_malignant if isinstance(p_malignant, float) else float("nan"))
            self.outcomes.append(outcome_of(row))
            self.digests.append(None if digest is None else str(digest))
            yield row

    def copy_of(self) -> list[int | None]:
        """Of each file, which earlier one has the same bytes."""
        first: dict[str, int] = {}
        found: list[int | None] = []
        for index, digest in enumerate(self.digests):
            original = index if digest is None else first.setdefault(digest, index)
            found.append(None if original == index else original)
        return found


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Attributes:
    figures: JSON-ready, those of `measure_batch` with "labels" {"group_column", "unknown_truth", "no_pictures",
        "copies", "without_picture", "refused", "unreadable", "notes"} beside them.
    truths: of each labelled picture, by its SHA-256, whether it is malignant.
    missed: places in the results file of malignant pictures that were called low risk, the least suspicious first;
        SHOWN_MISSED at most.
    """

    figures: dict[str, Any]
    truths: Mapping[str, bool]
    missed: tuple[int, ...]


def evaluated(answered: Answered, labels: Labels, *, resamples: int = RESAMPLES) -> Evaluated:
    """Measures the answers of a run.

    Raises:
        LabelsRejected: the labels do not fit the run.
    """
    copies = answered.copy_of()
    unreadable = {index for index, outcome in enumerate(answered.outcomes) if outcome == UNREADABLE}
    matched = match(labels, answered.paths, copies, unreadable)
    known = [
        (index, label)
        for index, label in enumerate(matched.labels)
        if label is not None and label.malignant is not None
    ]
    outcomes = [answered.outcomes[index] for index, _ in known]
    figures = measure_batch(
        Batch(
            malignant=np.array([label.malignant for _, label in known], bool),
            assessed=np.array([outcome not in {CANNOT_ASSESS, UNREADABLE} for outcome in outcomes], bool),
            referred=None if UNDECIDED in outcomes else np.array([outcome == REFER for outcome in outcomes], bool),
            p_malignant=np.array([answered.p_malignant[index] for index, _ in known], np.float64),
            groups=_groups(known) if labels.group_column else None,
        ),
        resamples=resamples,
    )
    counts = {
        "unknown_truth": sum(label is not None for label in matched.labels) - len(known),
        "no_pictures": sum(matched.labels[index] is None and copies[index] is None for index in unreadable),
        "copies": sum(original is not None for original in copies),
        "without_picture": matched.unused,
        "refused": outcomes.count(CANNOT_ASSESS),
        "unreadable": outcomes.count(UNREADABLE),
    }
    truths = {digest: bool(label.malignant) for index, label in known if (digest := answered.digests[index])}
    labelled = {"group_column": labels.group_column, **counts, "notes": _notes(counts)}
    missed = [index for index, label in known if label.malignant and answered.outcomes[index] == LOW_RISK]
    missed.sort(key=answered.p_malignant.__getitem__)
    return Evaluated({**figures, "labels": labelled}, truths, tuple(missed[:SHOWN_MISSED]))


def written(figures: Mapping[str, Any], bundle: ModelBundle) -> str:
    """The figures as JSON, beside what they are of: the model and its operating point."""
    point = bundle.operating_point
    content = {
        "schema_version": SCHEMA_VERSION,
        "model": {"name": bundle.name, "version": bundle.version, "sha256": bundle.model_sha256},
        "threshold": point.threshold if point else None,
        **figures,
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def told(figures: Mapping[str, Any]) -> str:
    """The figures as lines for a terminal."""
    point = figures["operating_point"] or {}
    rows = [
        ("Labelled pictures", f"{figures['pictures']:,}, {figures['malignant']:,} malignant"),
        ("Could be assessed", _figure(figures["coverage"])),
        ("AUC", _figure(figures["auc"])),
        *(
            (f"{name}{KINDS[kind]}", _figure(rates[key]))
            for kind, rates in point.items()
            for key, name in NAMES.items()
        ),
        ("Brier score", _figure(figures["brier"])),
        ("Calibration error (ECE)", _figure(figures["ece"])),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    return "\n".join([*lines, f"In brackets: {figures['intervals']}.", *figures["labels"]["notes"]])


KINDS = {"assessed": "", "refused_as_referred": ", refused as referred"}
NAMES = {"sensitivity": "Sensitivity", "specificity": "Specificity", "ppv": "PPV", "npv": "NPV"}


def _figure(found: Mapping[str, float] | None) -> str:
    return f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})" if found else "not defined"


def _groups(known: Collection[tuple[int, Label]]) -> list[str]:
    """Ids; a picture without one is a group of its own, under a name that no cell can have."""
    return [f"\n{index}" if label.group is None else label.group for index, label in known]


def _notes(counts: Mapping[str, int]) -> list[str]:
    sentences = {
        "refused": ("labelled picture was", "labelled pictures were", "refused by the gate."),
        "unreadable": ("labelled picture", "labelled pictures", "could not be read."),
        "no_pictures": ("unreadable file has", "unreadable files have", "no label and no part in any figure."),
        "copies": ("file is", "files are", "a copy of another, and not counted a second time."),
        "unknown_truth": ("picture is", "pictures are", "left out, because the label is empty."),
        "without_picture": ("label fits", "labels fit", "no picture of the run."),
    }
    return [
        f"{counted(counts[name], one, many)} {rest}" for name, (one, many, rest) in sentences.items() if counts[name]
    ]
