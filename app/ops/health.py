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

STOPPING = "LESION_STOPPING_FILE"
"""The environment variable that gunicorn.conf.py sets: a file that is there once the server is told to stop."""

LOOK_SECONDS = 2.0
"""How long one waits for another's look at the model, which takes some hundredths of a second."""

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
    file = os.environ.get(STOPPING)
    return file is not None and Path(file).exists()


def _answers_right(screener: Screener) -> bool:
    extensions = current_app.extensions
    if not _lock.acquire(timeout=LOOK_SECONDS):  # a look that does not end must not hold up all the others
        return False
    try:
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
    finally:
        _lock.release()
