"""What a bundle's manifest says, as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.screening.bundle import MODEL_FILE
from training.report.rates import decimal, percent

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


def metrics_table(manifest: Mapping[str, Any]) -> str:
    """Test metrics with intervals, as Markdown."""
    test = manifest["metrics"]["test"]
    rows = [
        f"| {title} | {test[name]['value']:.3f} | {test[name]['low']:.3f} to {test[name]['high']:.3f} |"
        for name, title in METRIC_NAMES.items()
        if name in test
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


def epochs_run(training: Mapping[str, Any]) -> str:
    """How long a network has learnt, and on what before that: a manifest's or an evaluation's `training`."""
    before = [f"{row['epochs']} on pictures of {row['side']}×{row['side']}" for row in training.get("before", [])]
    return " after ".join([str(training["epochs_run"]), *before[::-1]])


def bundle_line(manifest: Mapping[str, Any]) -> str:
    """What the bundle is, in a sentence."""
    model, training = manifest["files"][MODEL_FILE], manifest["training"]
    parity = manifest["metrics"]["keras_tflite"]
    weights = manifest["export"]["format"].split()[-1]
    return (
        f"`{manifest['name']}` {manifest['version']}: {training['parameters']:,} parameters, "
        f"{model['bytes'] / 1000:.2f} KB of {weights} TFLite, epochs of training: {epochs_run(training)}. On "
        f"{parity['images']} test images the .tflite file differs from Keras by at most "
        f"{parity['largest_difference']:.1e} in any class probability, with the same decision on "
        f"{parity['same_decision']}."
    )


def students_table(manifests: Sequence[Mapping[str, Any]], default: str) -> str:
    """The shipped bundles beside each other, as Markdown, a column each.

    Args:
        manifests: of the bundles.
        default: name of the one that the app serves.
    """
    names = [f"`{each['name']}`" + (" (default)" if each["name"] == default else "") for each in manifests]
    rows = {
        "parameters": [f"{each['training']['parameters']:,}" for each in manifests],
        "file, KB": [f"{each['files'][MODEL_FILE]['bytes'] / 1000:.2f}" for each in manifests],
        "pixels, stages, mirror images": [
            f"{each['preprocess']['output_size']}, {len(each['preprocess']['stages'])}, {each['export']['mirrors']}"
            for each in manifests
        ],
        "AUC on validation, median seed": [_median_seed(each) for each in manifests],
        **{
            METRIC_NAMES[name]: [decimal(each["metrics"]["test"][name]) for each in manifests]
            for name in ("auc", "seven_class_balanced_accuracy", "ece")
        },
        **{
            f"{name.capitalize()} at the operating point": [
                decimal(each["operating_point"][name]) for each in manifests
            ]
            for name in ("sensitivity", "specificity")
        },
        "Real test images that are refused": [percent(each["metrics"]["gate"]["refused"]) for each in manifests],
    }
    lines = [f"| | {' | '.join(names)} |", f"|{' --- |' * (len(names) + 1)}"]
    return "\n".join([*lines, *(f"| {title} | {' | '.join(cells)} |" for title, cells in rows.items())])


def _median_seed(manifest: Mapping[str, Any]) -> str:
    training = manifest["training"]
    own = next(row for row in training["seeds"] if row["seed"] == training["recipe"]["seed"])
    others = ", ".join(f"{row['validation_auc']:.3f}" for row in training["seeds"] if row is not own)
    return f"{own['validation_auc']:.3f} (the others: {others})"
