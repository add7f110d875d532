"""The JSON of an answer."""

from dataclasses import asdict
from typing import Any

from app.screening.bundle import ModelBundle
from app.screening.quality import Quality
from app.screening.screener import DISCLAIMER, Screening


def prediction(screening: Screening, bundle: ModelBundle, request_id: str) -> dict[str, Any]:
    """The body of a successful /api/predict.

    For a picture that cannot be assessed `prediction`, `confidence` and `probabilities` are null, `classes` is empty.
    `quality` is null for a bundle without a gate, `assessment` and `operating_point` for one without the latter. null
    means "not known", never "fine".
    """
    return {
        "prediction": screening.prediction,
        "confidence": screening.confidence,
        "probabilities": _probabilities(screening.p_malignant),
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
        "quality": _quality(screening.quality),
        "model": {"name": bundle.name, "version": bundle.version, "sha256": bundle.model_sha256},
        "timings_ms": {part: round(duration, 3) for part, duration in screening.timings_ms.items()},
        "request_id": request_id,
        "disclaimer": DISCLAIMER,
    }


def _probabilities(p_malignant: float | None) -> dict[str, float] | None:
    return None if p_malignant is None else {"benign": 1 - p_malignant, "malignant": p_malignant}


def _quality(quality: Quality | None) -> dict[str, Any] | None:
    if quality is None:
        return None
    warnings = [asdict(warning) for warning in quality.warnings]
    return {"ok": quality.ok, "warnings": warnings, "assessable": quality.assessable}
