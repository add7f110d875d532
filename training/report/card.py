"""The model card (headings after Mitchell et al. 2019), written from the manifest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.bundles import read_manifest, write_manifest
from training.report.model_tables import bundle_line, metrics_table, operating_line

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
    distil = training["recipe"].get("distil")
    taught = f"taught by {' and '.join(distil['teachers'])}" if distil else "trained on hard labels, without a teacher"
    return f"""# Model card: {manifest["name"]} {manifest["version"]}

Written by `python -m training report` from `manifest.json`; do not edit by hand.

## Model
{bundle_line(manifest)}
The three-block student of Islam et al. 2024 with {len(manifest["classes"])} outputs, {taught}.
{note}Weights: {manifest["licence"]}, as the training data; not for commercial use. Created {manifest["created"]}.

## Intended use
Research on screening of skin lesions from **dermoscopic** photos. Not a medical device. Not for phone snapshots, not
for pictures that may not show a lesion: nothing checks for that yet.

## Data
HAM10000 (Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018), each image squashed to 224×224. Split
`{training["recipe"]["split"]}`: 70:10:20 by lesion, stratified by class, lesion ids joined by the leakage audit
(split SHA-256 `{training["split_sha256"][:16]}`,
data SHA-256 `{training["data_sha256"][:16]}`). Counted as malignant: {malignant}.
Preprocessing: {stages}.

## Metrics on the test part
{metrics_table(manifest)}

{operating_line(manifest)}

The probability is calibrated by Platt scaling fitted on {calibration["images"]} validation images of
{calibration["lesions"]} lesions (slope {calibration["slope"]:.3f}, intercept {calibration["intercept"]:.3f}).

## Limits
- One data set, from two clinics in Austria and Australia, mostly light skin: nothing is known of its worth elsewhere or
  on dark skin. Half of the diagnoses rest on histology.
- HAM10000's share of malignant lesions is far above a clinic's: the precision above does not carry over.
- The `vasc` images at hand have a lower resolution than the others, so that sharpness can give them away. Blur
  augmentation works against it, but no claim is made about `vasc`.
- Lesions of this test part were in that of an earlier split, on which three earlier recipes were measured: the choice
  of network and augmentation is not wholly blind to them.
- Lesion ids that the leakage audit finds to be one lesion were kept in one part. What the audit does not find, as other
  pictures of a lesion taken years apart, may be on both sides.
- Rulers, ink, gel bubbles, hair and dark corners are in the data and may be used as shortcuts; not measured yet.
- The published 98 to 99 % accuracies of this field come mostly from splits by image, with the same lesion on both
  sides. These figures come from a split by lesion and are not comparable.
"""
