"""What a bundle's gate does, as Markdown."""

from collections.abc import Mapping
from typing import Any

from training.report.rates import decimal, percent

WITHOUT = "Nothing checks whether a picture shows a lesion: this bundle has no gate."


def gate_line(manifest: Mapping[str, Any]) -> str:
    """What is refused, in a sentence or two."""
    gate = manifest["metrics"].get("gate")
    if gate is None:
        return WITHOUT
    made, refused = _sum(gate)
    return (
        f"The gate refuses {percent(gate['refused'])} of the {gate['images']:,} real test images "
        f"({gate['refused_malignant_images']} of them malignant) and {refused:,} of {made:,} pictures without a lesion "
        f"({refused / made:.1%}), of kinds and sources that it was not chosen on."
    )


def gate_table(manifest: Mapping[str, Any]) -> str:
    """Coverage, metrics on the assessed images beside those on all, and refusals of pictures without a lesion."""
    gate = manifest["metrics"].get("gate")
    if gate is None:
        return WITHOUT
    test, point = manifest["metrics"]["test"], manifest["operating_point"]
    everything = {"auc": test["auc"], "sensitivity": point["sensitivity"], "specificity": point["specificity"]}
    names = {
        "auc": "AUC", "sensitivity": "Sensitivity at the operating point",
        "specificity": "Specificity at the operating point",
    }  # fmt: skip
    made, refused = _sum(gate)
    return "\n".join(
        [
            "| real test images | all | assessed |",
            "| --- | --- | --- |",
            f"| Images | {gate['images']:,} | {gate['images'] - gate['refused_images']:,} |",
            f"| Refused | | {percent(gate['refused'])} |",
            f"| Refused of the malignant | | {percent(gate['refused_malignant'])} |",
            *(f"| {title} | {decimal(everything[name])} | {decimal(gate[name])} |" for name, title in names.items()),
            "",
            "| pictures without a lesion | pictures | refused |",
            "| --- | --- | --- |",
            *(
                f"| {kind} | {row['pictures']} | {row['refused']} ({row['refused'] / row['pictures']:.0%}) |"
                for kind, row in gate["non_lesions"].items()
            ),
            f"| **all** | {made:,} | {refused:,} ({refused / made:.1%}) |",
            "",
            f"Let through: {_accepted(gate)}.",
            "",
            f"In brackets: {test['intervals']}. Warnings on the test images: "
            + ", ".join(f"{code} {count}" for code, count in gate["warned"].items())
            + ".",
        ]
    )


def compared_table(gate: Mapping[str, Any] | None) -> str:
    """The candidates, each at the limit at which it refuses the same share of the validation part."""
    if gate is None:
        return WITHOUT
    chosen_on = gate["chosen_on"]
    real = list(chosen_on["real"])
    rows = [
        f"| {row['name']} | {row['non_lesions']:.1%} | {row['least'][1]:.0%} ({row['least'][0]}) | "
        + " | ".join(f"{row['real'][name]:.1%}" for name in real)
        + " |"
        for row in gate["compared"]
    ]
    counts = ", ".join(f"{count:,}" for count in chosen_on["real"].values())
    where = (
        f"Each at the limit at which it refuses {chosen_on['refused']:.0%} of the {chosen_on['validation']:,} "
        f"validation images. Non-lesions: the development set, {sum(chosen_on['non_lesions'].values())} drawn pictures "
        f"of {len(chosen_on['non_lesions'])} kinds; many of them should be refused, and few of the real pictures in "
        f"the last columns ({counts})."
    )
    titles = {"variations": "varied validation images"}
    head = " | ".join(titles.get(name, name) for name in real)
    return "\n".join(
        [
            f"| score | non-lesions refused | least of a kind | {head} |",
            "| --- | --- | --- | " + " | ".join("---" for _ in real) + " |",
            *rows,
            "",
            where,
        ]
    )


def _sum(gate: Mapping[str, Any]) -> tuple[int, int]:
    rows = gate["non_lesions"].values()
    return sum(row["pictures"] for row in rows), sum(row["refused"] for row in rows)


def _accepted(gate: Mapping[str, Any]) -> str:
    """The pictures without a lesion that got a class, with their kinds."""
    rows = [f"{', '.join(row['accepted'])} ({kind})" for kind, row in gate["non_lesions"].items() if row["accepted"]]
    return "; ".join(rows) or "none of them"
