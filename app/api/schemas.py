"""The JSON of an answer."""

from dataclasses import asdict
from typing import Any

from app.screening.bundle import ModelBundle
from app.screening.screener import DISCLAIMER, Screening


def prediction(screening: Screening, bundle: ModelBundle, request_id: str) -> dict[str, Any]:
    """The body of a successful /api/predict.

    `quality` is null: pictures are not yet checked for being fit to be assessed. `assessment` and `operating_point`
    are null for a bundle without one. null means "not known", never "fine".
    """
    return {
        "prediction": screening.prediction,
        "confidence": screening.confidence,
        "probabilities": {"benign": 1 - screening.p_malignant, "malignant": screening.p_malignant},
        "classes": [
            {
                "code": entry.label.code,
                "name": entry.label.name,
                "malignant": entry.label.malignant,
                "probability": entry.probability,
            }
            for entry in screening.classes
        ],
        "assessment": screening.assessment,
        "operating_point": asdict(bundle.operating_point) if bundle.operating_point else None,
        "quality": None,
        "model": {"name": bundle.name, "version": bundle.version, "sha256": bundle.model_sha256},
        "timings_ms": {part: round(duration, 3) for part, duration in screening.timings_ms.items()},
        "request_id": request_id,
        "disclaimer": DISCLAIMER,
    }
