"""The same student behind FastAPI: same Screener, without the application's limits, logs and metrics.

uvicorn bench.rivals.fast_api:app
"""

from typing import Annotated, Any

from fastapi import FastAPI, File

from app.config import DEFAULT_BUNDLE
from app.screening.screener import Screener

app = FastAPI()
screener = Screener.from_folder(DEFAULT_BUNDLE)


@app.get("/")
def index() -> str:
    """So that it can be seen to run."""
    return "Upload a picture to /predict"


@app.post("/predict")
def predict(image: Annotated[bytes, File()]) -> dict[str, Any]:
    """The answer in short."""
    found = screener.screen(image)
    return {
        "prediction": found.prediction,
        "confidence": found.confidence,
        "assessment": found.assessment,
        "classes": [{"code": entry.label.code, "probability": entry.probability} for entry in found.classes],
        "warnings": [warning.code for warning in found.quality.warnings] if found.quality else None,
    }
