"""A line of JSON for each request, on standard error. Never a file name, metadata, a picture or a client's address."""

import logging
import time
from typing import Any

from flask import Flask, Response, g, request
from flask.logging import default_handler

from app.ops import metrics
from app.ops.json_lines import JsonLines
from app.ops.served import Seen, seen_pictures

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Any other word is the client's own, and is neither logged nor counted by itself."""

_handler = logging.StreamHandler()
_handler.setFormatter(JsonLines())


def register(app: Flask) -> None:
    """Logs and counts each request when it is answered."""
    app.logger.setLevel(logging.INFO)
    logging.getLogger("PIL").setLevel(logging.WARNING)  # below that it writes down a picture's metadata
    if default_handler in app.logger.handlers:  # under gunicorn the root logger has its own
        app.logger.removeHandler(default_handler)
        app.logger.addHandler(_handler)
    bundle = app.extensions["screener"].bundle
    metrics.describe_model(bundle)

    @app.after_request
    def log(response: Response) -> Response:
        seconds = time.perf_counter() - g.started
        route = str(request.url_rule or "-")
        method = request.method if request.method in METHODS else "other"
        metrics.REQUESTS.labels(route, method, response.status_code).inc()
        metrics.REQUEST_SECONDS.labels(route).observe(seconds)
        pictures = seen_pictures()
        parts = {"total": seconds * 1e3}
        if "turn_waited" in g:
            parts["wait"] = g.turn_waited * 1e3
        whole = {
            "request_id": g.request_id,
            "route": route,
            "method": method,
            "status": response.status_code,
            "reason": g.get("reason") if response.status_code >= 400 else None,
            "model": f"{bundle.name} {bundle.version}",
        }
        if len(pictures) == 1:
            app.logger.info("request", extra={"facts": whole | _facts(pictures[0], parts)})
            return response
        for number, seen in enumerate(pictures, 1):
            facts = {"request_id": g.request_id, "picture": number, "model": whole["model"], "reason": seen.reason}
            app.logger.info("picture", extra={"facts": facts | _facts(seen, {})})
        facts = {"bytes": request.content_length or 0, "pictures": len(pictures), "ms": _rounded(parts)}
        app.logger.info("request", extra={"facts": whole | facts})
        return response


def _facts(seen: Seen, parts: dict[str, float]) -> dict[str, Any]:
    return {
        "bytes": seen.size,
        "format": seen.file_format,
        "pixels": seen.pixels,
        "assessment": seen.assessment,
        "ms": _rounded(parts | seen.milliseconds),
    }


def _rounded(parts: dict[str, float]) -> dict[str, float]:
    return {part: round(duration, 1) for part, duration in parts.items()}
