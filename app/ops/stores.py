"""Where limits are counted: in this process, or in a Redis that many share (LESION_RATE_STORE)."""

from typing import Any

from app.settings import MEMORY

PATIENCE_SECONDS = 0.5
"""How long a Redis may take; redis-py itself waits for ever."""


def address(store: str) -> str:
    """The setting, as the library `limits` names stores."""
    return store.replace("unix://", "redis+unix://", 1)


def options(store: str) -> dict[str, Any]:
    """Of a Redis that answers late or never: given up soon and without a second try. None of memory's."""
    if store == MEMORY:
        return {}
    from redis.backoff import NoBackoff  # of requirements-extras.txt
    from redis.retry import Retry

    patience = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS}
    return {**patience, "retry": Retry(NoBackoff(), 0)}
