"""What the audit found: pairs with their records, counted, as CSV, JSON and a page with the pictures side by side."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.audit.descriptors import orientations
from training.audit.matching import Pair, group_names
from training.datasets.manifests import SplitManifest
from training.datasets.records import DatasetError, LesionRecord
from training.datasets.schemes import CLINICAL
from training.datasets.splits import joined_lesions
from training.report.page import page

SHOWN = 300
"""Pairs on the page, those first that connect what its publishers keep apart."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Attributes:
    records: of all pictures that could be read, in the order of the rows of `pairs`.
    pairs: what shows the same.
    unreadable: {data set/image id: why} of those that could not be read.
    skipped: {data set/name: why} of what the readers left out.
    manifests: splits of these data sets, to count what they tear apart.
    seconds: how long each step took.
    """

    records: Sequence[LesionRecord]
    pairs: Sequence[Pair]
    unreadable: dict[str, str]
    skipped: dict[str, str]
    manifests: Sequence[SplitManifest]
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
        groups = self.groups()
        return {
            "images": dict(Counter(record.source for record in self.records)),
            "unreadable": self.unreadable,
            "skipped": self.skipped,
            "pairs": {
                kind: dict(
                    sorted(Counter(self._between(pair) for pair in self.pairs if pair.same_picture is same).items())
                )
                for kind, same in kinds
            },
            "within_lesion_ids": self._within_lesion_ids(),
            "pairs_across_lesion_ids": dict(
                sorted(Counter(self.records[pair.first].source for pair in self.pairs if self._across(pair)).items())
            ),
            "joined_lesions": {
                source: [list(lesions) for lesions in joined]
                for source, records in self._by_source().items()
                if (joined := joined_lesions(records, groups[source])) and records[0].lesion_id is not None
            },
            "across_published_parts": self._across_parts(groups),
            "across_splits": {
                manifest.name: asdict(manifest.torn(groups[manifest.dataset])) for manifest in self.manifests
            },
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

    def _across(self, pair: Pair) -> bool:
        one, other = self.records[pair.first], self.records[pair.second]
        named = one.lesion_id is not None and other.lesion_id is not None
        return self._same_set(pair) and named and one.lesion_id != other.lesion_id

    def _by_source(self) -> dict[str, list[LesionRecord]]:
        sources: dict[str, list[LesionRecord]] = {}
        for record in self.records:
            sources.setdefault(record.source, []).append(record)
        return sources

    def _within_lesion_ids(self) -> dict[str, dict[str, int]]:
        """Of each set that names lesions: pairs of images of one lesion, and how many of them were found."""
        found = Counter(self.records[pair.first].source for pair in self.pairs if self._known(pair))
        counts = {}
        for source, records in self._by_source().items():
            images = Counter(record.lesion_id for record in records if record.lesion_id is not None)
            if pairs := sum(count * (count - 1) // 2 for count in images.values()):
                counts[source] = {"pairs": pairs, "found": found[source]}
        return counts

    def _across_parts(self, groups: dict[str, dict[str, str]]) -> dict[str, dict[str, int]]:
        """Of each published pair of parts: lesions in both, and images of the one that show a lesion of the other."""
        counts = {}
        for source, records in self._by_source().items():
            by_part: dict[str, list[str]] = {}
            for record in records:
                by_part.setdefault(record.part or "", []).append(groups[source][record.image_id])
            for one, other in combinations(sorted(by_part), 2):
                shared = set(by_part[one]) & set(by_part[other])
                counts[f"{source}: {one} + {other}"] = {
                    "lesions": len(shared),
                    f"{one}_images": sum(group in shared for group in by_part[one]),
                    f"{other}_images": sum(group in shared for group in by_part[other]),
                }
        return counts

    def _contradicts(self, pair: Pair) -> bool:
        one, other = (self.records[row] for row in (pair.first, pair.second))
        known = CLINICAL.malignant | CLINICAL.benign
        if {one.dx, other.dx} <= known:
            return CLINICAL.is_malignant(one.dx) != CLINICAL.is_malignant(other.dx)
        # Words of a user's own can only be compared with their like.
        return one.source == other.source and one.dx != other.dx

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
