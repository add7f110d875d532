"""The model card (headings after Mitchell et al. 2019), written from the manifest."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.bundles import read_manifest, write_manifest
from training.report.card_data import data_sentence, limits, network_sentence, split_sentence
from training.report.gate_tables import gate_line, gate_table
from training.report.model_tables import bundle_line, metrics_table, operating_line
from training.report.worth_tables import external_table, prevalence_table, subgroups_table
from training.subgroups import LEAST_IMAGES, LEAST_OF_A_SIDE

CARD = "MODEL_CARD.md"


def write_card(bundle: Path) -> Path:
    """Writes the bundle's MODEL_CARD.md from its manifest, and its digest into the manifest."""
    manifest = read_manifest(bundle)
    path = bundle / CARD
    path.write_text(card(manifest), encoding="utf-8")
    write_manifest(bundle, manifest)
    return path


def card(manifest: Mapping[str, Any]) -> str:
    """The model card (headings after Mitchell et al. 2019)."""
    training, calibration = manifest["training"], manifest["calibration"]
    malignant = ", ".join(entry["code"] for entry in manifest["classes"] if entry["malignant"])
    stages = ", ".join(manifest["preprocess"]["stages"])
    note = f"Note: {manifest['note']}\n" if manifest["note"] else ""
    # Recipes from before there were others have no network in them.
    recipe = {"network": {"name": "three_block"}, **training["recipe"]}
    distil = recipe.get("distil")
    taught = f"taught by {' and '.join(distil['teachers'])}" if distil else "trained on hard labels, without a teacher"
    return f"""# Model card: {manifest["name"]} {manifest["version"]}

Written by `python -m training report` from `manifest.json`; do not edit by hand.

## Model
{bundle_line(manifest)}
{network_sentence(recipe["network"]["name"])} with {len(manifest["classes"])} outputs, {taught}.
{note}Weights: {manifest["licence"]}, as the training data; not for commercial use. Created {manifest["created"]}.

## Intended use
Research on screening of skin lesions from **dermoscopic** photos. Not a medical device. Not for phone snapshots, not
for pictures that may not show a lesion. {gate_line(manifest)}

## Data
{data_sentence(recipe["dataset"])}.
{split_sentence(recipe["split"])}
(split SHA-256 `{training["split_sha256"][:16]}`,
data SHA-256 `{training["data_sha256"][:16]}`). Counted as malignant: {malignant}.
Preprocessing: {stages}.

## Metrics on the test part
{metrics_table(manifest)}

{operating_line(manifest)}

## What it is worth where malignancy is rarer
{prevalence_table(manifest)}

From sensitivity and specificity on the test part, which may be others elsewhere.

## Subgroups
{subgroups_table(manifest)}

Sensitivity and specificity at the operating point. Subgroups of fewer than {LEAST_IMAGES} images are counted as
"other"; no rate is given for fewer than {LEAST_OF_A_SIDE} images of a side.

## External test
{external_table(manifest)}

## Which pictures are refused
{gate_table(manifest)}

## Calibration
The probability is calibrated by Platt scaling fitted on {calibration["images"]} validation images of
{calibration["lesions"]} lesions (slope {calibration["slope"]:.3f}, intercept {calibration["intercept"]:.3f}).

## Limits
{chr(10).join(textwrap.fill(f"- {line}", 118, subsequent_indent="  ") for line in limits(recipe))}
"""
