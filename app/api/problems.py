"""Errors of the API: application/problem+json (RFC 9457)."""

import json
from typing import Any

from flask import Response

from app.ops.errors import Refusal

MEDIA_TYPE = "application/problem+json"


def problem(refusal: Refusal) -> Response:
    """An answer that is nothing but an error."""
    return Response(json.dumps(problem_of(refusal)), refusal.status, content_type=MEDIA_TYPE)


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """The one shape of every error: type, title, status, detail, and the reason and request id beside them."""
    return {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": refusal.advice,
        "reason": refusal.reason,
        "request_id": refusal.request_id,
    }
