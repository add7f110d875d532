"""How many attempts an address and a name have, and that a check of a password waits for its turn."""

from dataclasses import replace

import pytest
from limits.storage import MemoryStorage

from app import create_app
from app.access.attempts import Attempts
from app.access.faults import TooManyAttempts
from app.config import Config
from app.ops.addresses import network
from app.ops.turns import TURNS
from tests.helpers.logins import enters, log_in


def test_a_name_is_closed_after_a_hundred_failures_from_anywhere() -> None:
    attempts = Attempts(MemoryStorage())
    for number in range(100):
        attempts.begin("clinic", f"198.51.100.{number}")
        attempts.failed("clinic")
    with pytest.raises(TooManyAttempts) as refusal:
        attempts.begin("clinic", "203.0.113.1")
    assert isinstance(refusal.value.retry_after, int)
    assert 1 <= refusal.value.retry_after <= 3600
    attempts.begin("another", "203.0.113.1")


def test_attempts_at_the_same_time_are_counted_before_any_is_answered() -> None:
    attempts = Attempts(MemoryStorage())
    for _ in range(5):
        attempts.begin("clinic", "198.51.100.1")
    with pytest.raises(TooManyAttempts):
        attempts.begin("clinic", "198.51.100.1")


def test_of_ipv6_a_whole_customer_is_one_address() -> None:
    assert network("2001:db8:0:1::7") == network("2001:db8:0:1:ffff::1") != network("2001:db8:0:2::7")
    assert network("198.51.100.7") != network("198.51.100.8")
    assert network("somewhere") == "somewhere"


def test_a_check_of_a_password_is_refused_where_too_many_wait(settings: Config) -> None:
    app = create_app(replace(settings, queue=0))
    app.extensions[TURNS].enter()
    client = app.test_client()
    response = log_in(client)
    assert response.status_code == 503
    assert "Retry-After" in response.headers
    app.extensions[TURNS].leave()
    assert log_in(client).status_code == 303
    assert enters(client)
