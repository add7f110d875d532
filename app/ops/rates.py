"""How many pictures one client may have screened in a time: Flask-Limiter, in memory or in a Redis that hosts share."""

import time
from collections.abc import Iterable

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from app.ops import counts, stores
from app.ops.addresses import network
from app.ops.requests import UPLOAD_FIELD
from app.settings import MEMORY


def register(app: Flask, rate: str | None, store: str, endpoints: Iterable[str]) -> None:
    """Limits these endpoints together. Where the Redis cannot be reached, each process counts for itself meanwhile.

    Args:
        app: the application, with its routes.
        rate: such as "600/minute"; None sets no limit.
        store: where it is counted.
        endpoints: that screen pictures.
    """
    if rate is None:
        return
    limiter = Limiter(
        client,
        app=app,
        storage_uri=stores.address(store) if store != MEMORY else counts.ADDRESS,
        storage_options=stores.options(store),
        in_memory_fallback_enabled=store != MEMORY,
        on_breach=_remember_the_end,
    )
    most = int(rate.partition("/")[0])
    limit = limiter.shared_limit(rate, scope="pictures", cost=lambda: min(most, pictures_sent()))
    for endpoint in endpoints:
        view = app.ensure_sync(app.view_functions[endpoint])
        app.view_functions[endpoint] = limit(view)

    @app.after_request
    def say_when(response: Response) -> Response:
        if response.status_code == 429 and "limit_ends" in g:
            response.headers["Retry-After"] = str(max(1, g.limit_ends - int(time.time())))
        return response


def client() -> str:
    """Who is counted: the API key where there is one, else the address, of IPv6 the /64."""
    return f"key {g.client}" if "client" in g else network(get_remote_address())


def pictures_sent() -> int:
    """What a request costs: its pictures, and at least one."""
    return max(1, len(request.files.getlist(UPLOAD_FIELD)))


def _remember_the_end(breached: RequestLimit) -> None:
    # An exception from here would be taken for a failure of the Redis.
    g.limit_ends = breached.reset_at
