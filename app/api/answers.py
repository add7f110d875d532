"""From the domain's objects to what the schemas describe."""

from dataclasses import asdict
from typing import Any

from app.ops.pictures import heat_uri, png_uri
from app.screening.bundle import LesionClass, ModelBundle
from app.screening.decode import DecodeLimits, accepted_formats
from app.screening.saliency import Explanation
from app.screening.screener import DISCLAIMER, Screening


def prediction(screening: Screening, bundle: ModelBundle, request_id: str) -> dict[str, Any]:
    """One answer.

    null means "not known", never "fine": `quality` where a picture was not checked, `assessment` and `operating_point`
    for a bundle without one, and prediction, confidence and probabilities of a picture that cannot be assessed.
    """
    p = screening.p_malignant
    return {
        "prediction": screening.prediction,
        "confidence": screening.confidence,
        "probabilities": None if p is None else {"benign": 1 - p, "malignant": p},
        "classes": [{**class_of(entry.label), "probability": entry.probability} for entry in screening.classes],
        "assessment": screening.assessment,
        "operating_point": asdict(bundle.operating_point) if bundle.operating_point else None,
        "quality": screening.quality,
        "model": {"name": bundle.name, "version": bundle.version, "sha256": bundle.model_sha256},
        "timings_ms": {part: round(duration, 3) for part, duration in screening.timings_ms.items()},
        "request_id": request_id,
        "disclaimer": DISCLAIMER,
    }


def explanation(found: Explanation, *, told: bool) -> dict[str, Any]:
    """What an answer rests on, as pictures. Where there is no answer (`told` is False), nothing but the stages."""
    evidence, outline = (found.evidence, found.outline) if told else (None, None)
    return {
        "heat_map": None if evidence is None else heat_uri(evidence),
        "outline": None if outline is None else [[round(float(share), 4) for share in point] for point in outline],
        "stages": [{"name": name, "picture": png_uri(picture)} for name, picture in found.stages],
    }


def model(bundle: ModelBundle, limits: DecodeLimits) -> dict[str, Any]:
    """What answers here."""
    manifest, measured = bundle.manifest, bundle.manifest.get("metrics", {}).get("test")
    return {
        "name": bundle.name,
        "version": bundle.version,
        "sha256": bundle.model_sha256,
        "created": manifest.get("created"),
        "licence": manifest.get("licence"),
        "classes": [class_of(label) for label in bundle.classes],
        "calibrated": bundle.calibration is not None,
        "operating_point": asdict(bundle.operating_point) if bundle.operating_point else None,
        "metrics": measured and {name: value for name, value in measured.items() if isinstance(value, dict)},
        "test_set": measured and {name: value for name, value in measured.items() if not isinstance(value, dict)},
        "stages": list(bundle.preprocess.stages),
        "input": {
            "formats": list(accepted_formats(limits)),
            "max_bytes": limits.max_bytes,
            "max_pixels": limits.max_pixels,
            "min_side": limits.min_side,
        },
        "card": bundle.card,
        "disclaimer": DISCLAIMER,
    }


def class_of(label: LesionClass) -> dict[str, Any]:
    """A class without a probability."""
    return {"code": label.code, "name": label.name, "malignant": label.malignant}
