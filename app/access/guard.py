"""The door: where a login is configured, every request but a few needs a session, or a key of the API."""

from collections.abc import Callable

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.access import sessions
from app.access.faults import LoginNeeded
from app.access.options import Access
from app.ops.faults import WrongKey
from app.web.static import STATIC_ENDPOINTS

EXTENSION = "access"
UNASKED = frozenset({*STATIC_ENDPOINTS, "health.healthz", "health.readyz", "metrics.metrics"})
"""Endpoints that are the same for everybody; /metrics has a rule of its own."""

OPEN = frozenset({"information.language", "login.page", "login.send", "login.ask_provider", "login.back_from_provider"})
"""Endpoints that those use who are about to log in."""

DOCS = "api_pages.page"
"""A page for readers below the API's path."""


def register(app: Flask, key_holder: Callable[[], str | None]) -> None:
    """Looks at each request before anything of it is read."""

    @app.before_request
    def enter() -> ResponseReturnValue | None:
        if request.endpoint in UNASKED:
            return None
        if member := sessions.current():
            g.member = member
        # A browser asks with OPTIONS, and without a cookie or key, whether it may send them.
        if member or request.endpoint in OPEN or request.method == "OPTIONS":
            return None
        api = request.path.startswith("/api/") and request.endpoint != DOCS
        if api and key_holder():
            return None
        if api and request.authorization and request.authorization.type == "bearer":
            raise WrongKey  # a program, which nobody can log in
        if api or request.method not in ("GET", "HEAD"):
            raise LoginNeeded
        return redirect(url_for("login.page", back=request.path))


def shut() -> bool:
    """Whether this request comes from somebody who has to log in first."""
    return access().login and "member" not in g


def access() -> Access:
    """The settings."""
    found: Access = current_app.extensions[EXTENSION]
    return found
