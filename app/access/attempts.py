"""Failed logins: how many an address or a name may have before it has to wait."""

import hashlib
import math
import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from app.access.faults import TooManyAttempts
from app.access.stores import reached
from app.ops.addresses import network

BOTH = RateLimitItemPerMinute(5, 15, namespace="login-both")
"""Of one address for one name: 5 in 15 minutes."""

ADDRESS = RateLimitItemPerMinute(20, 15, namespace="login-address")
"""Of one address for any name."""

NAME = RateLimitItemPerHour(100, 1, namespace="login-name")
"""For one name from anywhere. Wider, or whoever knows the name could lock the clinic out."""


class Attempts:
    """Counts in a store. An attempt is counted when it begins, so that many at once are no way around.

    Names are counted whether they exist or not, and stand in the store as a digest.
    """

    def __init__(self, store: Storage) -> None:
        self._limiter = FixedWindowRateLimiter(store)

    def begin(self, name: str, address: str) -> None:
        """Counts an attempt.

        Raises:
            TooManyAttempts: this one is too many.
            LoginStoreGone: the store cannot be reached.
        """
        who, where = _digest(name), _digest(network(address))
        with reached():
            if not self._limiter.test(NAME, who):
                self._refuse(NAME, who)
            for limit, keys in ((BOTH, (who, where)), (ADDRESS, (where,))):
                if not self._limiter.hit(limit, *keys):
                    self._refuse(limit, *keys)

    def failed(self, name: str) -> None:
        """Counts a wrong password against the name."""
        with reached():
            self._limiter.hit(NAME, _digest(name))

    def succeeded(self, name: str, address: str) -> None:
        """Forgets the attempts of this address."""
        who, where = _digest(name), _digest(network(address))
        with reached():
            self._limiter.clear(BOTH, who, where)
            self._limiter.clear(ADDRESS, where)

    def _refuse(self, limit: RateLimitItem, *keys: str) -> None:
        ends = self._limiter.get_window_stats(limit, *keys).reset_time
        raise TooManyAttempts(retry_after=max(1, math.ceil(ends - time.time())))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
