"""/api/...: thin routes around the Screener."""

from flask import Blueprint, Response, current_app, g, jsonify

from app.api.schemas import prediction
from app.ops.requests import read_upload

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.post("/predict")
def predict() -> Response:
    """Screens the picture in the multipart field `image`."""
    screener = current_app.extensions["screener"]
    return jsonify(prediction(screener.screen(read_upload()), screener.bundle, g.request_id))
