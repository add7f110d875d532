"""Static files that browsers keep: their address changes with their contents."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

STATIC_ENDPOINTS = ("web.static", "bootstrap.static", "api_pages.static")


def register(app: Flask) -> None:
    """Gives templates `static_url`, and Flask-Compress whole files: it leaves those open that it streams."""
    app.jinja_env.globals["static_url"] = static_url

    @app.after_request
    def whole(response: Response) -> Response:
        if request.endpoint in STATIC_ENDPOINTS:
            response.direct_passthrough = False
            response.make_sequence()
        return response


def static_url(filename: str, endpoint: str = "web.static") -> str:
    """The address of a static file with a digest of its contents, so that it may be kept for ever."""
    folder = current_app.blueprints[endpoint.partition(".")[0]].static_folder
    return url_for(endpoint, filename=filename, v=_digest(Path(folder or "") / filename))


@lru_cache(maxsize=32)
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
