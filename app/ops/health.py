"""/healthz: the process answers. /readyz: the model answers, and answers right."""

from flask import Blueprint, Response, current_app, jsonify

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 as long as the process serves requests."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """200 when the loaded model answers its parity samples as training did, else 503."""
    screener = current_app.extensions["screener"]
    try:
        screener.check_parity()
    except Exception:  # whatever it is, this process must not be sent patients' photos
        current_app.logger.exception("not ready")
        return jsonify(status="not ready"), 503
    return jsonify(status="ready", model={"name": screener.bundle.name, "version": screener.bundle.version}), 200
