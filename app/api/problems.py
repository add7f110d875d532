"""Errors of the API: application/problem+json (RFC 9457)."""

import json

from flask import Response

from app.ops.errors import Refusal


def problem(refusal: Refusal) -> Response:
    """The one shape of every error: type, title, status, detail, and the reason and request id beside them."""
    body = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.advice,
        "reason": refusal.reason,
        "request_id": refusal.request_id,
    }
    return Response(json.dumps(body), refusal.status, content_type="application/problem+json")
