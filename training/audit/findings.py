"""What the audit found: pairs with their records, counted, as CSV, JSON and a page with the pictures side by side."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.audit.descriptors import orientations
from training.audit.matching import Pair, group_names
from training.datasets.records import DatasetError, LesionRecord
from training.datasets.schemes import CLINICAL
from training.report.page import page

SHOWN = 300
"""Pairs on the page, those first that connect what its publishers keep apart."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Attributes:
    records: of all pictures that could be read, in the order of the rows of `pairs`.
    pairs: what shows the same.
    unreadable: {file: why} of those that could not be read.
    seconds: how long each step took.
    """

    records: Sequence[LesionRecord]
    pairs: Sequence[Pair]
    unreadable: dict[str, str]
    seconds: dict[str, float]
    peak_mb: float

    def groups(self) -> dict[str, dict[str, str]]:
        """{data set: {image id: group}}: the union of lesion ids and of what the pairs connect, over all data sets."""
        names = [f"{record.source}:{record.group}" for record in self.records]
        joined: dict[str, dict[str, str]] = {}
        for record, group in zip(self.records, group_names(names, self.pairs), strict=True):
            joined.setdefault(record.source, {})[record.image_id] = group
        return joined

    def summary(self) -> dict[str, Any]:
        """The counts, JSON-ready."""
        kinds = [("same_picture", True), ("same_lesion", False)]
        return {
            "images": dict(Counter(record.source for record in self.records)),
            "unreadable": len(self.unreadable),
            "pairs": {
                kind: dict(
                    sorted(Counter(self._between(pair) for pair in self.pairs if pair.same_picture is same).items())
                )
                for kind, same in kinds
            },
            "pairs_within_a_lesion_id": sum(self._known(pair) for pair in self.pairs),
            "pairs_across_lesion_ids": dict(
                sorted(
                    Counter(
                        self._between(pair) for pair in self.pairs if self._same_set(pair) and not self._known(pair)
                    ).items()
                )
            ),
            "pairs_across_published_parts": dict(
                sorted(Counter(parts for pair in self.pairs if (parts := self._parts(pair))).items())
            ),
            "contradictory_labels": sum(self._contradicts(pair) for pair in self.pairs),
            "images_also_in": self._images_also_in(),
            "seconds": {step: round(duration, 1) for step, duration in self.seconds.items()},
            "peak_mb": round(self.peak_mb),
        }

    def write(self, folder: Path, details: npt.NDArray[np.uint8]) -> None:
        """Writes pairs.csv, summary.json, groups.json and index.html."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["first", "second", "kind", "correlation", "orientation", "first_dx", "second_dx"])
            for pair in self.pairs:
                one, other = self.records[pair.first], self.records[pair.second]
                kind = "same_picture" if pair.same_picture else "same_lesion"
                names = [f"{record.source}/{record.image_id}" for record in (one, other)]
                writer.writerow([*names, kind, f"{pair.correlation:.4f}", pair.orientation, one.dx, other.dx])
        (folder / "summary.json").write_text(json.dumps(self.summary(), indent=2) + "\n", encoding="utf-8")
        (folder / "groups.json").write_text(json.dumps(self.groups(), indent=0) + "\n", encoding="utf-8")
        (folder / "index.html").write_text(self._page(details), encoding="utf-8")

    def _between(self, pair: Pair) -> str:
        return " + ".join(sorted(self.records[row].source for row in (pair.first, pair.second)))

    def _same_set(self, pair: Pair) -> bool:
        return self.records[pair.first].source == self.records[pair.second].source

    def _known(self, pair: Pair) -> bool:
        one, other = self.records[pair.first], self.records[pair.second]
        return self._same_set(pair) and one.lesion_id is not None and one.lesion_id == other.lesion_id

    def _parts(self, pair: Pair) -> str:
        one, other = self.records[pair.first], self.records[pair.second]
        if not self._same_set(pair) or one.part == other.part:
            return ""
        return f"{one.source}: {' + '.join(sorted(str(record.part) for record in (one, other)))}"

    def _contradicts(self, pair: Pair) -> bool:
        return len({CLINICAL.is_malignant(self.records[row].dx) for row in (pair.first, pair.second)}) > 1

    def _images_also_in(self) -> dict[str, int]:
        shared: dict[tuple[str, str], set[int]] = {}
        for pair in self.pairs:
            for row, other in ((pair.first, pair.second), (pair.second, pair.first)):
                sets = (self.records[row].source, self.records[other].source)
                if sets[0] != sets[1] and pair.same_picture:
                    shared.setdefault(sets, set()).add(row)
        return {f"{one} in {other}": len(rows) for (one, other), rows in sorted(shared.items())}

    def _page(self, details: npt.NDArray[np.uint8]) -> str:
        ranked = sorted(self.pairs, key=lambda pair: (self._known(pair), not self._contradicts(pair), pair.correlation))
        rows = []
        for pair in ranked[:SHOWN]:
            kind = "same picture" if pair.same_picture else "same lesion"
            marks = " · labels contradict" if self._contradicts(pair) else ""
            records = (self.records[pair.first], self.records[pair.second])
            names = [f"{record.source}/{record.image_id} ({record.dx})" for record in records]
            pictures = (details[pair.first], orientations(details[pair.second])[pair.orientation])
            rows.append((pictures, (f"{kind}, {pair.correlation:.3f}{marks}", *names)))
        shown = f"{len(rows)} of {len(self.pairs)} pairs; the second picture is turned to match."
        return page("Leakage audit", f"{json.dumps(self.summary(), indent=2)}\n\n{shown}", rows)


def read_groups(path: Path, dataset: str) -> dict[str, str]:
    """{image id: group} of one data set. Raises DatasetError where the audit did not look at that data set."""
    groups: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    if dataset not in groups:
        raise DatasetError(f"{path} is of an audit of {sorted(groups)}, not of {dataset!r}")
    return groups[dataset]
