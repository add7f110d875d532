"""How a login ends: by time, by logging out, by another password, in every worker."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.access import sessions, stores
from app.access.options import Access
from app.config import Config
from app.ops import health
from tests.helpers.logins import ACCOUNT, NAME, PASSWORD, enters, log_in, login_token
from tests.helpers.pages import token_of

ACCESS = Access(account=ACCOUNT)


class Clock:
    """Time that a test turns on."""

    def __init__(self) -> None:
        self.gone = 0.0

    def time(self) -> float:
        return time.time() + self.gone


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(sessions, "time", found)
    return found


def test_a_login_that_nobody_uses_ends(client: FlaskClient, clock: Clock) -> None:
    log_in(client)
    for _ in range(3):
        clock.gone += ACCESS.idle_seconds - 60
        assert enters(client), "each use begins the time anew"
    clock.gone += ACCESS.idle_seconds + 1
    assert not enters(client)


def test_every_login_ends(client: FlaskClient, clock: Clock) -> None:
    log_in(client)
    while clock.gone < ACCESS.seconds - ACCESS.idle_seconds:
        clock.gone += ACCESS.idle_seconds - 60
        assert enters(client)
    clock.gone = ACCESS.seconds + 1
    assert not enters(client)


def test_a_session_of_the_future_is_none(client: FlaskClient, clock: Clock) -> None:
    clock.gone = 3600
    log_in(client)
    clock.gone = 0
    assert not enters(client)


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    assert cookie
    return cookie.value


def test_a_login_is_a_new_session(client: FlaskClient) -> None:
    token, before = login_token(client), cookie_of(client)
    client.post("/login", data={"csrf_token": token, "name": NAME, "password": PASSWORD})
    after = cookie_of(client)
    assert before != after
    assert token_of(client) != token
    client.set_cookie("session", before)
    assert not enters(client)


def test_logging_out_ends_every_copy_of_the_cookie(locked: Flask) -> None:
    client, thief = locked.test_client(), locked.test_client()
    log_in(client)
    thief.set_cookie("session", cookie_of(client))
    assert enters(thief)
    response = client.post("/logout", data={"csrf_token": token_of(client)})
    assert (response.status_code, response.location) == (303, "/login")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not enters(client)
    assert not enters(thief)


def test_nobody_is_logged_out_by_another_site(client: FlaskClient) -> None:
    log_in(client)
    assert client.post("/logout").status_code == 400
    assert client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/logout").status_code == 405
    assert enters(client)


def test_another_password_or_key_ends_the_sessions_of_the_one_before(settings: Config) -> None:
    changed = replace(ACCOUNT, hashed=ACCOUNT.hashed.replace("scrypt:1024", "scrypt:2048"))
    same, *others = [
        create_app(config).test_client()
        for config in (
            settings,
            replace(settings, access=Access(account=changed)),
            replace(settings, secret_key="x" * 32),
        )
    ]  # all before the login: what began before a server did is none of its sessions in any case
    client = create_app(settings).test_client()
    log_in(client)
    for other in (same, *others):
        other.set_cookie("session", cookie_of(client))
    assert enters(same)
    assert not any(enters(other) for other in others)


def test_workers_know_of_each_other_s_logouts_and_a_new_server_of_no_login(
    settings: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(health.STOPPING, str(tmp_path / "stopping"))
    (tmp_path / stores.STARTED).touch()
    one, two = create_app(settings).test_client(), create_app(settings).test_client()
    log_in(one)
    two.set_cookie("session", cookie_of(one))
    assert enters(two)
    one.post("/logout", data={"csrf_token": token_of(one)})
    assert not enters(two)
    log_in(one)
    time.sleep(0.01)
    (tmp_path / stores.STARTED).touch()
    restarted = create_app(settings).test_client()
    restarted.set_cookie("session", cookie_of(one))
    assert not enters(restarted)


def test_what_time_has_ended_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / stores.STARTED).touch()
    ended = stores.EndedInFolder(tmp_path, seconds=-61)  # everything is too old
    ended.add("one")
    ended.add("two")
    assert len(list(tmp_path.glob("ended-*"))) == 1


@pytest.mark.parametrize("store", ["redis://127.0.0.1:1/0", "unix:///nothing/here.sock"])
def test_where_the_redis_is_gone_nobody_is_let_in(settings: Config, clock: Clock, store: str) -> None:
    client = create_app(replace(settings, rate_store=store)).test_client()
    response = log_in(client)
    assert response.status_code == 503
    assert "Logins cannot be checked now" in response.get_data(as_text=True)
    with_login = create_app(settings).test_client()
    log_in(with_login)
    client.set_cookie("session", cookie_of(with_login))
    assert client.get("/help").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert clock.gone == 0
