"""/healthz: the process answers. /readyz: the model answers, and answers right, and the server is not stopping."""

import os
import threading
import time
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue

from app.ops import metrics
from app.screening.screener import Screener

blueprint = Blueprint("health", __name__)

READY_SECONDS = 5.0
"""How long a right answer of the model counts, so that nobody makes the server compute by asking for it."""

STOPPING_FILE = "stopping"
"""In the folder that the workers share; gunicorn.conf.py writes it when the server is told to stop."""

_lock = threading.Lock()


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 as long as the process serves requests."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 when the loaded model answers its parity samples as training did and nobody stops the server, else 503."""
    if stopping():
        return jsonify(status="stopping"), 503
    screener: Screener = current_app.extensions["screener"]
    if not _answers_right(screener):
        return jsonify(status="not ready"), 503
    bundle = screener.bundle
    return jsonify(
        status="ready", model={"name": bundle.name, "version": bundle.version, "sha256": bundle.model_sha256}
    )


def stopping() -> bool:
    """Whether the server has been told to stop."""
    folder = os.environ.get(metrics.SHARED_FOLDER)
    return folder is not None and (Path(folder) / STOPPING_FILE).exists()


def _answers_right(screener: Screener) -> bool:
    extensions = current_app.extensions
    with _lock:
        if time.monotonic() < extensions.get("ready_until", 0.0):
            return True
        try:
            screener.check_parity()
        except Exception:  # whatever it is, this process must not be sent patients' photos
            current_app.logger.exception("not ready")
            metrics.READY.set(0)
            return False
        metrics.READY.set(1)
        extensions["ready_until"] = time.monotonic() + READY_SECONDS
        return True
