"""The store of rate limits in memory, with a clock of the test's own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from app.ops import counts


class Clock:
    now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(counts, "time", found)
    return found


def test_a_window_ends_and_begins_anew(clock: Clock) -> None:
    store = counts.Counts()
    assert [store.incr("a", 60), store.incr("a", 60, 3), store.get("a")] == [1, 4, 4]
    clock.now += 59
    assert (store.get("a"), store.get_expiry("a")) == (4, 1060)
    clock.now += 1
    assert (store.get("a"), store.get_expiry("a")) == (0, clock.now)
    assert store.incr("a", 60, 2) == 2


def test_what_has_ended_is_forgotten(clock: Clock) -> None:
    store = counts.Counts()
    for client in range(100):
        store.incr(f"{client}", 60)
    clock.now += 61
    store.incr("another", 60)
    assert store.reset() == 1


def test_a_key_can_be_forgotten_alone() -> None:
    store = counts.Counts()
    store.incr("a", 60), store.incr("b", 60)
    store.clear("a")
    assert (store.get("a"), store.get("b")) == (0, 1)


def test_no_thread_is_started_and_none_is_lost_count_of() -> None:
    limiter = FixedWindowRateLimiter(storage_from_string(counts.ADDRESS))
    limit, before = parse("600/minute"), threading.active_count()
    assert limiter.hit(limit, "somebody")
    assert threading.active_count() == before
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda _: limiter.hit(limit, "somebody"), range(800)))
    assert sum(allowed) == 599
