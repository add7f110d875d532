"""Where a model fails at its operating point: malignant pictures that it misses, benign ones that it refers.

What is kept are counts, and the public ids of the pictures where it is most wrong; nothing that could name a patient.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.evaluation.bootstrap import BOOTSTRAP_SEED, RESAMPLES, intervals, share
from app.evaluation.metrics import Floats
from app.evaluation.proportions import of_groups
from training.bundles import read_manifest, write_manifest
from training.datasets.records import LesionRecord
from training.errors import TrainingError
from training.predictions import Predictions, read_predictions
from training.roi import RoiMeasure, have_masks, measure_roi
from training.subgroups import BY, LEAST_OF_A_SIDE, Mask, subgroup_masks

ALL = ("all", "all")
CONFIRMED = "diagnosis by"
KINDS = ("class", CONFIRMED)
"""Of the subgroups of training/subgroups.py, those that are told here."""

PICTURE, HIDDEN = "kind of picture", "turned white by the ROI step"
HALVES = ("less than half of the lesion", "half of it or more")
SHOWN = 6
"""Lesions of a side that are named: those of the most wrong answers."""

CALLED_MALIGNANT = 0.5
"""A benign picture of at least this probability is not only referred."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Side:
    """Malignant or benign pictures, of N.

    Attributes:
        among: bool (N,), which they are.
        wrong: bool (N,), those of them that are on the other side of the threshold.
        sure: bool (N,), those of the wrong ones that are far on the other side.
        order: float (N,), the lower, the more wrong.
    """

    among: Mask
    wrong: Mask
    sure: Mask
    order: Floats


def failures(
    predictions: Predictions,
    records: Sequence[LesionRecord],
    threshold: float,
    views: Sequence[RoiMeasure] | None,
    *,
    seed: int = BOOTSTRAP_SEED,
    resamples: int = RESAMPLES,
) -> dict[str, Any]:
    """Counts the wrong answers, as if no picture were refused.

    Args:
        predictions: to N pictures, in any order.
        records: of the same pictures.
        threshold: calibrated probability from which a picture is referred.
        views: what the ROI step makes of each record, in their order; None where there are no experts' masks.
        seed: of the bootstrap.
        resamples: its draws.

    Returns:
        JSON-ready: {"intervals" (in words), "missed", "false_alarms"}; of the two, each {"images", "of", "share"
        {"value", "low", "high"}, "lesions", "right_elsewhere" (of those lesions: with another picture that is answered
        rightly), "sure" (missed below half of the threshold; referred from 0.5 on), "refused" (by the gate), "by":
        {kind: {group: {"images", "of", "share"; None where the group is too small}}}, "examples": [{"image_id", "dx",
        "dx_type", "p_malignant", "refused", "kind", "hidden"}], one a lesion, the most wrong first}. Kinds are those of
        KINDS and, with `views`, PICTURE and HIDDEN. "refused" is None without a gate.

    Raises:
        TrainingError: predictions and records are of different pictures.
    """
    table = predictions.table.set_index("image_id")
    if sorted(table.index) != sorted(record.image_id for record in records):
        raise TrainingError(f"the answers of {predictions.name} are to other pictures; run `evaluate` again")
    table = table.loc[[record.image_id for record in records]]
    malignant = table["malignant"].to_numpy(bool)
    p_malignant = table["p_malignant"].to_numpy(np.float64)
    refused = ~table["assessable"].to_numpy(bool) if "assessable" in table else None
    groups = [record.group for record in records]
    referred = p_malignant >= threshold
    sides = {
        "missed": _Side(malignant, malignant & ~referred, p_malignant < threshold / 2, p_malignant),
        "false_alarms": _Side(~malignant, ~malignant & referred, p_malignant >= CALLED_MALIGNANT, -p_malignant),
    }
    masks = {ALL: np.ones_like(malignant), **_masks(records, views)}
    rates = {side: _rates(pictures, masks, malignant, groups, seed, resamples) for side, pictures in sides.items()}

    def told(row: int) -> dict[str, Any]:
        record, view = records[row], views[row] if views else None
        return {
            "image_id": record.image_id,
            "dx": record.dx,
            "dx_type": record.dx_type,
            "p_malignant": float(p_malignant[row]),
            "refused": bool(refused[row]) if refused is not None else None,
            "kind": view.kind if view else None,
            "hidden": view.hidden if view else None,
        }

    found: dict[str, Any] = {
        "intervals": f"95 % percentile bootstrap over lesions, {resamples:,} resamples; Wilson's for shares of 0 and 1"
    }
    for name, side in sides.items():
        lesions = {groups[row] for row in np.flatnonzero(side.wrong)}
        right = {groups[row] for row in np.flatnonzero(side.among & ~side.wrong)}
        found[name] = {
            **rates[name][ALL],
            "lesions": len(lesions),
            "right_elsewhere": len(lesions & right),
            "sure": int((side.wrong & side.sure).sum()),
            "refused": int((side.wrong & refused).sum()) if refused is not None else None,
            "by": _nested({key: row for key, row in rates[name].items() if key != ALL}),
            "examples": [told(row) for row in _most_wrong(side, groups)],
        }
    return found


def views_of(records: Sequence[LesionRecord]) -> list[RoiMeasure] | None:
    """What the ROI step makes of each picture; None where one has no expert's mask."""
    return measure_roi(records) if have_masks(records) else None


def recount(run: Path, records: Sequence[LesionRecord], *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Counts the failures in the answers that `evaluate` kept, and writes them into the manifest of the run's bundle.

    Args:
        run: folder of the run.
        records: of the test part.
        resamples: draws of the bootstrap.

    Returns:
        The manifest's `metrics.failures`.

    Raises:
        TrainingError: the run is not evaluated, or its answers are not those of the manifest's figures.
    """
    manifest = read_manifest(run / "bundle")
    point = manifest["operating_point"]
    if not (point and point["measured_on"]):
        raise TrainingError(f"{run / 'bundle'} is not evaluated; run `evaluate` first")
    found = failures(read_predictions([run])[0], records, point["threshold"], views_of(records), resamples=resamples)
    for side, rate in (("missed", "sensitivity"), ("false_alarms", "specificity")):
        if not np.isclose(1 - found[side]["share"]["value"], point[rate]["value"]):
            raise TrainingError(f"the answers in {run} are not those of its bundle's {rate}; run `evaluate` again")
    manifest["metrics"]["failures"] = found
    write_manifest(run / "bundle", manifest)
    return found


def _masks(records: Sequence[LesionRecord], views: Sequence[RoiMeasure] | None) -> dict[Key, Mask]:
    """Which pictures are in each group, by kind and name."""
    named = {kind: subgroup_masks([BY[kind](record) for record in records]) for kind in KINDS}
    if views:
        named[PICTURE] = subgroup_masks([view.kind for view in views])
        half = np.array([view.hidden >= 0.5 for view in views])
        named[HIDDEN] = dict(zip(HALVES, (~half, half), strict=True))
    return {(kind, name): mask for kind, masks in named.items() for name, mask in masks.items()}


def _rates(
    side: _Side, masks: Mapping[Key, Mask], malignant: Mask, groups: Sequence[str], seed: int, resamples: int
) -> dict[Key, dict[str, Any]]:
    """How many of the side's pictures in each group are wrong; groups without any of the side are left out."""
    among = {key: side.among & mask for key, mask in masks.items() if (side.among & mask).any()}
    statistics = {
        "/".join(key): share(side.wrong, pictures)
        for key, pictures in among.items()
        if pictures.sum() >= LEAST_OF_A_SIDE
    }
    found = intervals(statistics, malignant, groups, seed=seed, resamples=resamples)
    rates = {}
    for key, pictures in among.items():
        wrong, rate = side.wrong & pictures, found.get("/".join(key))
        counts = {"images": int(wrong.sum()), "of": int(pictures.sum())}
        rates[key] = {**counts, "share": of_groups(rate, wrong, pictures, groups) if rate else None}
    return rates


def _nested(rates: Mapping[Key, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    kinds: dict[str, dict[str, Any]] = {}
    for (kind, name), row in rates.items():
        kinds.setdefault(kind, {})[name] = row
    return kinds


def _most_wrong(side: _Side, groups: Sequence[str]) -> list[int]:
    """Rows of at most SHOWN wrong answers, the most wrong first, each of another lesion."""
    first: dict[str, int] = {}
    for row in sorted(np.flatnonzero(side.wrong).tolist(), key=lambda row: float(side.order[row])):
        first.setdefault(groups[row], row)
    return list(first.values())[:SHOWN]
