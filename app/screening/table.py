"""An answer as cells of a table: the columns that the page's table and `flask screen` share."""

from collections.abc import Sequence

from app.screening.screener import Screening

Cell = str | int | float | None


def answer_columns(codes: Sequence[str]) -> tuple[str, ...]:
    """The columns after the picture's name, for a bundle whose classes have these codes, in the manifest's order."""
    return (
        "prediction", "confidence", "p_malignant", "assessment", *(f"p_{code}" for code in codes),
        "quality", "error", "model_version",
    )  # fmt: skip


def answer_cells(screening: Screening) -> dict[str, Cell]:
    """What an answer says, by column; a picture that cannot be assessed has neither prediction nor probability.

    Probabilities are 0..1; `quality` holds the codes of all warnings with spaces between.
    """
    quality = screening.quality
    return {
        "prediction": screening.prediction,
        "confidence": screening.confidence,
        "p_malignant": screening.p_malignant,
        "assessment": screening.assessment,
        **{f"p_{entry.label.code}": entry.probability for entry in screening.classes},
        "quality": " ".join(warning.code for warning in quality.warnings) if quality else None,
    }
