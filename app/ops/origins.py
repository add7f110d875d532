"""What other sites may do with a reader's browser: nothing. And by which names this server may be called."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.exceptions import SecurityError
from werkzeug.wsgi import get_host

from app.ops.faults import ForeignPage, WrongHost

UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site: from a page of this server, or typed by the reader."""

BY_ADDRESS = frozenset({"health.healthz", "health.readyz", "metrics.metrics"})
"""Endpoints that probes and monitors call by the address of a host."""

PORTS = {"http": 80, "https": 443}


def register(app: Flask, hosts: Sequence[str], origins: Sequence[str]) -> None:
    """Refuses what another site's page sends, before it is read.

    Args:
        app: the application.
        hosts: names by which clients may call this server; any where there are none.
        origins: whose pages may call the API.
    """

    @app.before_request
    def refuse() -> None:
        if hosts and request.endpoint not in BY_ADDRESS:
            try:
                get_host(request.environ, hosts)
            except SecurityError as error:
                raise WrongHost from error
        if request.method not in UNCHANGING and foreign(origins if request.path.startswith("/api/") else ()):
            raise ForeignPage


def foreign(origins: Sequence[str]) -> bool:
    """Whether a page of another site made the browser send this. Programs that are no browsers say nothing of it.

    Sec-Fetch-Site is the browser's own word and not the page's. Over plain http, and in old browsers, there is Origin
    alone; its scheme is not compared, since a front may end TLS without saying so.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin in origins:
        return False
    if site is not None:
        return site not in OWN
    return origin is not None and not _same_host(origin, request.host)


def _same_host(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        own = urlsplit(f"{parts.scheme}://{host}")
        usual = PORTS.get(parts.scheme)
        return bool(parts.hostname) and (parts.hostname, parts.port or usual) == (own.hostname, own.port or usual)
    except ValueError:
        return False
