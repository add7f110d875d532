"""What each part of a recipe gives, as Markdown, and the file in which it is kept."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.config import REPOSITORY
from training.names import RecipeName

EVIDENCE = REPOSITORY / "docs" / "figures" / "evidence.json"


def read_evidence(path: Path = EVIDENCE) -> dict[str, Any]:
    """What `evidence --document` found, by recipe; empty where nothing was compared yet."""
    rows: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return rows


def evidence_of(manifest: Mapping[str, Any], path: Path = EVIDENCE) -> list[dict[str, Any]]:
    """What was found about a bundle's recipe, and about those that its network learnt from before.

    With the latter comes what was found about recipes that they were compared with: of stages, say, that a student was
    trained without from the beginning, since they had hurt another.
    """
    rows = read_evidence(path)
    before = [RecipeName.parse(row["recipe"]) for row in manifest["training"].get("before", [])]
    earlier = [str(replace(name, seed=None)) for name in before[::-1]]
    beside = [row["name"] for name in earlier if name in rows for row in rows[name]["differences"]]
    return [rows[name] for name in dict.fromkeys([manifest["name"], *earlier, *beside]) if name in rows]


def seeds_text(manifest: Mapping[str, Any]) -> str:
    """What several trainings of one recipe reached, of which the median one is shipped."""
    seeds = manifest["training"].get("seeds")
    if not seeds:
        return "Trained once, from one seed: how far another training would lie from it is not known."
    aucs = ", ".join(
        f"{row['validation_auc']:.3f} (seed {row['seed']})" for row in sorted(seeds, key=lambda row: int(row["seed"]))
    )
    shipped = manifest["training"]["recipe"]["seed"]
    return (
        f"Trained {len(seeds)} times, from as many seeds, and shipped from seed {shipped}, whose AUC on validation is "
        f"the median one: {aucs}."
    )


def evidence_table(manifest: Mapping[str, Any]) -> str:
    """The recipe beside its arms, on validation, and so those that its network learnt from before."""
    if not manifest.get("evidence"):
        return "The parts of this recipe have not been compared with their absence."
    return "\n\n".join(map(_arms, manifest["evidence"]))


def all_evidence(path: Path = EVIDENCE) -> str:
    """Everything that was compared, also about recipes that nothing shipped has learnt from."""
    return "\n\n".join(map(_arms, read_evidence(path).values()))


def _arms(found: Mapping[str, Any]) -> str:
    lines = [
        "| changed | seeds | difference in AUC | difference in balanced accuracy, seven classes |",
        "| --- | --- | --- | --- |",
    ]
    for row in found["differences"]:
        cells = [_difference(row[name]) for name in ("auc", "seven_class_balanced_accuracy")]
        whole = RecipeName.parse(row["name"]).file != RecipeName.parse(found["recipe"]).file
        epochs = f" ({row['epochs']} epochs)" if whole else ""
        lines.append(f"| {row['says']}{epochs} | {', '.join(map(str, row['seeds']))} | {' | '.join(cells)} |")
    what = (
        f"Each row is `{found['recipe']}` ({found['epochs']} epochs on pictures of {found['side']}×{found['side']}) "
        "changed in one thing, less itself; where a row names another recipe, that recipe whole. On the "
        f"{found['images']:,} validation images of {found['lesions']:,} lesions ({found['malignant_images']} images "
        f"malignant), not calibrated, a picture alone without its mirror images; {found['intervals']}. The rows of "
        "other seeds show what chance alone does."
    )
    return "\n".join([what, "", *lines])


def _difference(row: Mapping[str, float]) -> str:
    return f"{row['difference']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"
