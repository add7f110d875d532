"""How a bundle's probabilities are calibrated, as Markdown."""

from collections.abc import Mapping
from typing import Any

from app.screening.calibration import METHODS, Temperature, from_parameters, parameters

SCORES = {"nll": "negative log likelihood", "brier": "Brier score", "ece": "expected calibration error"}


def calibration_text(manifest: Mapping[str, Any]) -> str:
    """What was fitted on what, and what it was compared with."""
    entry = manifest["calibration"]
    calibration = from_parameters(entry)
    if calibration is None:
        return "The probabilities are not calibrated."
    numbers = ", ".join(f"{name} {value:.3f}" for name, value in parameters(calibration).items() if name != "method")
    lines = [
        (
            f"The probability is calibrated by {calibration.title}, fitted on {entry['images']:,} validation images of "
            f"{entry['lesions']:,} lesions ({numbers}). {_order(entry['method'])}"
        ),
        "",
    ]
    compared = entry.get("compared")
    if compared is None:
        return "\n".join([*lines, "No other method was compared with it."])
    rows = [
        f"| {METHODS[method].title} | "
        + (" | ".join(f"{scores[name]:.4f}" for name in SCORES) if scores else "could not be fitted | - | -")
        + " |"
        for method, scores in compared["methods"].items()
    ]
    return "\n".join(
        [
            *lines,
            (
                f"It was chosen for the lower negative log likelihood of malignant versus benign, in "
                f"{compared['folds']} folds of the validation images that keep a lesion whole:"
            ),
            "",
            f"| method | {' | '.join(SCORES.values())} |",
            "| --- " * (len(SCORES) + 1) + "|",
            *rows,
            *_difference(compared),
        ]
    )


def _order(method: str) -> str:
    if method == Temperature.method:
        return "That may change the order of pictures: every figure here is of calibrated probabilities."
    return "That keeps the order of pictures by their probability of malignancy."


def _difference(compared: Mapping[str, Any]) -> list[str]:
    if compared["platt_less_temperature"] is None:
        return []
    found = compared["platt_less_temperature"]["nll"]
    return [
        "",
        (
            f"Platt scaling's less temperature scaling's: {found['difference']:+.4f} ({found['low']:+.4f} to "
            f"{found['high']:+.4f})."
        ),
    ]
