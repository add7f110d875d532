"""What an answer is worth, as Markdown: at other prevalences, in parts of the test set, on another publisher's."""

from collections.abc import Mapping
from typing import Any

from app.screening.decision import OperatingPoint, Rate
from training.report.rates import decimal

PREVALENCES = (0.01, 0.02, 0.05, 0.1, 0.2)
NOT_MEASURED = "Not measured yet."


def prevalence_table(manifest: Mapping[str, Any]) -> str:
    """PPV and NPV at the operating point, by prevalence."""
    entry = manifest["operating_point"]
    point = OperatingPoint(
        entry["threshold"], Rate(**entry["sensitivity"]), Rate(**entry["specificity"]), entry["measured_on"]
    )
    rows = [
        f"| {prevalence:.0%} | {found:.1%} | {cleared:.2%} | {1 / found:.0f} |"
        for prevalence in PREVALENCES
        for found, cleared in [point.predictive_values(prevalence)]
    ]
    head = [
        "| malignant among those screened | PPV | NPV | referred for each malignant one |",
        "| --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows])


def subgroups_table(manifest: Mapping[str, Any]) -> str:
    """AUC, sensitivity and specificity at the operating point in each subgroup of the test part."""
    subgroups = manifest["metrics"].get("subgroups")
    if subgroups is None:
        return NOT_MEASURED
    rows = [
        f"| {kind} | {name} | {row['images']:,} | {row['malignant_images']:,} | "
        + " | ".join(_rate(row, rate) for rate in ("auc", "sensitivity", "specificity"))
        + " |"
        for kind, table in subgroups.items()
        for name, row in table.items()
    ]
    head = ["| by | subgroup | images | malignant | AUC | sensitivity | specificity |", "| --- " * 7 + "|"]
    return "\n".join([*head, *rows])


def _rate(row: Mapping[str, Any], name: str) -> str:
    """A rate with its interval; with its counts where a bootstrap of cases that are all alike gives none."""
    rate = row[name]
    if rate is None or rate["low"] < rate["high"]:
        return decimal(rate)
    of = {"sensitivity": row["malignant_images"], "specificity": row["images"] - row["malignant_images"]}
    counts = f"{round(rate['value'] * of[name]):,} of {of[name]:,}" if name in of else "no interval"
    return f"{rate['value']:.3f} ({counts})"


def external_table(manifest: Mapping[str, Any]) -> str:
    """What was measured on the external test part."""
    found = manifest["metrics"].get("external")
    if found is None:
        return NOT_MEASURED
    titles = {
        "auc": "AUC of the probability of malignancy, melanoma versus rest",
        "auc_melanoma": "AUC of the class melanoma alone",
        "sensitivity": "Sensitivity for melanoma at the operating point",
        "specificity": "Specificity at the operating point",
        "brier": "Brier score",
        "ece": "Expected calibration error (10 bins)",
    }
    gate = found["gate"]
    refused = [f"| Refused by the gate | {decimal(gate['refused'])} |"] if gate else []
    rows = [f"| {title} | {decimal(found[name])} |" for name, title in titles.items()]
    counts = f"{found['data']}: {found['images']:,} images, {found['melanomas']} of melanomas; {found['intervals']}."
    return "\n".join(["| Metric | Value |", "| --- | --- |", *rows, *refused, "", counts])
