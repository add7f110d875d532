"""Writes every figure in the documents from the artifact that it describes; a test finds a figure that was not.

A document marks its place with `<!-- figures: NAME -->` and `<!-- /figures -->`; what stands between is replaced.
"""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.screening.bundle import MODEL_FILE
from training.bundles import read_manifest, write_manifest

CARD = "MODEL_CARD.md"
DOCUMENTS = ("README.md", "docs/data.md", "docs/model.md")
FIGURES = Path("docs/figures")
BILATERAL = FIGURES / "bilateral.json"
AUDIT = FIGURES / "audit.json"
ROI = FIGURES / "roi.json"
MARK = re.compile(r"(<!-- figures: ([\w-]+) -->\n)(.*?)(<!-- /figures -->)", re.DOTALL)
METRIC_NAMES = {
    "auc": "AUC, malignant versus benign",
    "sensitivity": "Sensitivity at probability 0.5",
    "specificity": "Specificity at probability 0.5",
    "precision": "Precision (PPV at the test set's prevalence)",
    "accuracy": "Accuracy, malignant versus benign",
    "f1": "F1 of malignant",
    "mcc": "Matthews correlation coefficient",
    "brier": "Brier score",
    "ece": "Expected calibration error (10 bins)",
    "seven_class_balanced_accuracy": "Balanced accuracy, seven classes",
    "seven_class_accuracy": "Accuracy, seven classes",
}


def write_documents(repository: Path, bundle: Path) -> list[Path]:
    """Fills the marked places of all documents. Returns those that changed."""
    changed = []
    for name in DOCUMENTS:
        path = repository / name
        before = path.read_text(encoding="utf-8")
        after = filled(before, repository, bundle)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def filled(document: str, repository: Path, bundle: Path) -> str:
    """`document` with the figures of the artifacts. Raises ValueError for a mark that no table belongs to."""
    tables: Mapping[str, Callable[[], str]] = {
        "test-metrics": lambda: metrics_table(read_manifest(bundle)),
        "operating-point": lambda: operating_line(read_manifest(bundle)),
        "bundle": lambda: bundle_line(read_manifest(bundle)),
        "bilateral": lambda: bilateral_table(_read(repository / BILATERAL)),
        "audit": lambda: audit_table(_read(repository / AUDIT)),
        "roi": lambda: roi_table(_read(repository / ROI)),
    }

    def fill(match: re.Match[str]) -> str:
        if match[2] not in tables:
            raise ValueError(f"a document asks for the figures {match[2]!r}; there are {sorted(tables)}")
        return f"{match[1]}{tables[match[2]]()}\n{match[4]}"

    return MARK.sub(fill, document)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def audit_table(summary: Mapping[str, Any]) -> str:
    """The audit's counts, as Markdown."""
    images = ", ".join(f"{count:,} of {name}" for name, count in summary["images"].items())
    between = sorted({*summary["pairs"]["same_picture"], *summary["pairs"]["same_lesion"]})
    counts = [[summary["pairs"][kind].get(sets, 0) for kind in ("same_picture", "same_lesion")] for sets in between]
    rows = [f"| {sets} | {one:,} | {other:,} |" for sets, (one, other) in zip(between, counts, strict=True)]
    lines = [
        f"{images}; {summary['unreadable']} unreadable; {summary['seconds']['total']:.0f} s in all.",
        "",
        "| pairs between | one picture | one lesion |",
        "| --- | --- | --- |",
        *rows,
        "",
        *(f"- Images of {words}: {count:,}." for words, count in summary["images_also_in"].items()),
        *(
            f"- Pairs under different lesion ids, {sets}: {n:,}."
            for sets, n in summary["pairs_across_lesion_ids"].items()
        ),
        *(f"- Pairs across the parts of {part}: {n:,}." for part, n in summary["pairs_across_published_parts"].items()),
        f"- Pairs whose labels contradict (benign and malignant): {summary['contradictory_labels']:,}.",
    ]
    return "\n".join(lines)


def roi_table(summary: Mapping[str, Any]) -> str:
    """Overlap by class and kind, and the signs of failure, as Markdown."""
    rows = [("all", summary["all"]), *summary["by_class"].items(), *summary["by_kind"].items()]
    signs = summary["signs"]
    alone = sorted(signs["auc_alone"].items(), key=lambda row: -row[1])
    return "\n".join(
        [
            f"| images | count | IoU | Dice | failures (IoU < {summary['failure_below_iou']}) |",
            "| --- | --- | --- | --- | --- |",
            *(
                f"| {name} | {row['images']:,} | {row['iou']:.3f} | {row['dice']:.3f} | {row['failures']:.1%} |"
                for name, row in rows
            ),
            "",
            f"Signs that serving can compute predict a failure with AUC {signs['auc_together']:.3f} together (logistic "
            "regression, five folds), and alone: " + ", ".join(f"{name} {auc:.3f}" for name, auc in alone) + ".",
        ]
    )


def metrics_table(manifest: Mapping[str, Any]) -> str:
    """Test metrics with intervals, as Markdown."""
    test = manifest["metrics"]["test"]
    rows = [
        f"| {title} | {test[name]['value']:.3f} | {test[name]['low']:.3f} to {test[name]['high']:.3f} |"
        for name, title in METRIC_NAMES.items()
    ]
    head = ["| Metric | Value | 95 % interval |", "| --- | --- | --- |"]
    counts = (
        f"{test['images']:,} test images of {test['lesions']:,} lesions ({test['malignant_images']} images malignant), "
        f"none of which was trained on; {test['intervals']}."
    )
    return "\n".join([*head, *rows, "", counts])


def operating_line(manifest: Mapping[str, Any]) -> str:
    """What the operating point does, in a sentence."""
    point = manifest["operating_point"]
    sensitivity, specificity = point["sensitivity"], point["specificity"]
    return (
        f"Operating point: `refer` from a calibrated probability of {point['threshold']:.3f}, chosen on validation for "
        f"{point['target_sensitivity']:.0%} sensitivity; on the test part it has sensitivity "
        f"{sensitivity['value']:.3f} ({sensitivity['low']:.3f} to {sensitivity['high']:.3f}) and specificity "
        f"{specificity['value']:.3f} ({specificity['low']:.3f} to {specificity['high']:.3f})."
    )


def bundle_line(manifest: Mapping[str, Any]) -> str:
    """What the bundle is, in a sentence."""
    model, training = manifest["files"][MODEL_FILE], manifest["training"]
    parity = manifest["metrics"]["keras_tflite"]
    return (
        f"`{manifest['name']}` {manifest['version']}: {training['parameters']:,} parameters, "
        f"{model['bytes'] / 1000:.2f} KB of fp16 TFLite, trained for {training['epochs_run']} epochs. On "
        f"{parity['images']} test images the .tflite file differs from Keras by at most "
        f"{parity['largest_difference']:.1e} in any class probability, with the same decision on "
        f"{parity['same_decision']}."
    )


def bilateral_table(measured: Mapping[str, Any]) -> str:
    """The candidates of `data bilateral`, as Markdown; the chosen one in bold."""
    rows = []
    for row in measured["candidates"]:
        cells = [
            f"{row['diameter']}", f"{row['sigma_color']:g}", f"{row['sigma_space']:g}", f"{row['texture']:.3f}",
            f"{row['border']:.3f}", f"{row['otsu_iou']:.3f}", f"{row['milliseconds']:.2f}",
        ]  # fmt: skip
        chosen = row == measured["chosen"]
        rows.append("| " + " | ".join(f"**{cell}**" if chosen else cell for cell in cells) + " |")
    head = [
        "| d | σ colour | σ space | skin texture left | border gradient left | Otsu IoU | ms |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, "", f"{measured['images']} training images, seed {measured['seed']}."])


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
    return f"""# Model card: {manifest["name"]} {manifest["version"]}

Written by `python -m training report` from `manifest.json`; do not edit by hand.

## Model
{bundle_line(manifest)}
The three-block student of Islam et al. 2024 with seven outputs, trained on hard labels without a teacher.
Weights: {manifest["licence"]}, as the training data; not for commercial use. Created {manifest["created"]}.

## Intended use
Research on screening of skin lesions from **dermoscopic** photos. Not a medical device. Not for phone snapshots, not
for pictures that may not show a lesion: nothing checks for that yet.

## Data
HAM10000 (Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018), each image squashed to 224×224. Split
`{training["recipe"]["split"]}`: 70:10:20 by lesion, stratified by class
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
- The recipe was revised after its first results on the test part, so that the test part is not wholly untouched.
- The leakage audit finds HAM10000 lesions under several lesion ids, some of them on both sides of this split.
- Rulers, ink, gel bubbles, hair and dark corners are in the data and may be used as shortcuts; not measured yet.
- The published 98 to 99 % accuracies of this field come mostly from splits by image, with the same lesion on both
  sides. These figures come from a split by lesion and are not comparable.
"""
