"""Login at an OpenID Connect provider that runs in the test: who is let in, and every way in which a token is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.access import guard, oidc
from app.access.oidc import may_enter
from app.access.options import Access, Provider
from app.config import Config
from tests.helpers.logins import ACCOUNT, enters, log_in, login_token
from tests.helpers.pages import token_of
from tests.helpers.provider import CLIENT, OTHER_KEY, SECRET, FakeProvider, provide

PERSON = {"email": "ada@clinic.example", "email_verified": True, "groups": ["dermatology"]}
RULES = frozenset({"clinic.example"})


def rules(issuer: str, **options: Any) -> Provider:
    return Provider(issuer, CLIENT, SECRET, "openid email profile", **({"domains": RULES} | options))


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProvider]:
    with provide(**PERSON) as found:
        yield found


@pytest.fixture(scope="module")
def app(bundle_folder: Path, running: FakeProvider) -> Flask:
    return create_app(Config(bundle=bundle_folder, access=Access(provider=rules(running.issuer), account=ACCOUNT)))


@pytest.fixture
def provider(running: FakeProvider, app: Flask) -> FakeProvider:
    """As it was before a test changed it; and the app knows nothing of it yet."""
    fresh = FakeProvider(running.issuer, dict(PERSON))
    for name in ("person", "change", "key", "description", "asked"):
        setattr(running, name, getattr(fresh, name))
    oidc.register(app, rules(running.issuer))
    return running


@pytest.fixture
def client(app: Flask, provider: FakeProvider) -> FlaskClient:
    assert provider.issuer
    return app.test_client()


def logged_in(client: FlaskClient, provider: FakeProvider, back: str = "") -> TestResponse:
    asked = client.get("/login/provider", query_string={"back": back})
    assert asked.status_code == 302
    return client.get(provider.log_in(asked.location))


def test_the_page_offers_it_and_it_leads_in_and_back(client: FlaskClient, provider: FakeProvider) -> None:
    assert 'href="/login/provider?back=/help"' in client.get("/login?back=/help").get_data(as_text=True)
    response = logged_in(client, provider, "/help")
    assert (response.status_code, response.location) == (302, "/help")
    page = client.get("/help").get_data(as_text=True)
    assert "ada@clinic.example" in page
    assert {"code_challenge", "nonce", "state"} <= set(provider.asked)
    assert (provider.asked["code_challenge_method"], provider.asked["response_type"]) == ("S256", "code")
    assert provider.asked["redirect_uri"] == "http://localhost/login/back"
    client.post("/logout", data={"csrf_token": token_of(client)})
    assert not enters(client)


def test_both_ways_in_may_be_open(client: FlaskClient, app: Flask, bundle_folder: Path) -> None:
    assert log_in(client).status_code == 303
    alone = create_app(Config(bundle=bundle_folder, access=Access(provider=guard_of(app).provider))).test_client()
    assert 'name="password"' not in alone.get("/login").get_data(as_text=True)
    page = alone.get("/login/provider")
    assert page.status_code == 302
    assert log_in_without_a_form(alone) == 404
    other = create_app(Config(bundle=bundle_folder, access=Access(account=ACCOUNT))).test_client()
    assert login_token(other)
    for address in ("/login/provider", "/login/back"):
        assert other.get(address).status_code == 404


def log_in_without_a_form(client: FlaskClient) -> int:
    """Whatever the form's token says."""
    client.application.config["WTF_CSRF_ENABLED"] = False
    return client.post("/login", data={"name": "clinic", "password": "any"}).status_code


def guard_of(app: Flask) -> Access:
    found: Access = app.extensions[guard.EXTENSION]
    return found


WRONG: dict[str, dict[str, Any]] = {
    "for another server": {"aud": "another"},
    "for two, by another": {"aud": [CLIENT, "another"], "azp": "another"},
    "for another, asked by us": {"aud": "another", "azp": CLIENT},
    "of another provider": {"iss": "https://evil.example"},
    "old": {"exp": 1_700_000_000, "iat": 1_699_999_000},
    "of another question": {"nonce": "another"},
    "without a nonce": {"nonce": None},
    "of nobody": {"sub": None},
    "without an end": {"exp": None},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_wrong_token_lets_nobody_in(client: FlaskClient, provider: FakeProvider, changes: dict[str, Any]) -> None:
    provider.change = lambda claims: {name: value for name, value in (claims | changes).items() if value is not None}
    response = logged_in(client, provider)
    assert response.status_code == 403
    assert "You were not let in" in response.get_data(as_text=True)
    assert not enters(client)


def test_a_token_that_somebody_else_signed_lets_nobody_in(client: FlaskClient, provider: FakeProvider) -> None:
    provider.key = OTHER_KEY
    assert logged_in(client, provider).status_code == 403
    assert not enters(client)


PEOPLE: dict[str, dict[str, Any]] = {
    "of another domain": {"email": "eve@evil.example"},
    "of a longer domain": {"email": "eve@clinic.example.evil.example"},
    "with an unverified address": {"email_verified": False},
    "with an address that nobody speaks of": {"email_verified": None},
    "with a verification in words": {"email_verified": "true"},
    "without an address": {"email": None},
}


@pytest.mark.parametrize("changes", PEOPLE.values(), ids=PEOPLE)
def test_people_whom_no_rule_names_are_not_let_in(
    client: FlaskClient, provider: FakeProvider, changes: dict[str, Any]
) -> None:
    provider.person = {name: value for name, value in {**PERSON, **changes}.items() if value is not None}
    assert logged_in(client, provider).status_code == 403
    assert not enters(client)


@pytest.mark.parametrize(
    ("options", "claims", "entered"),
    [
        ({"domains": frozenset(), "groups": frozenset({"dermatology"})}, PERSON, True),
        ({"domains": frozenset(), "groups": frozenset({"dermatology"})}, {**PERSON, "groups": "dermatology"}, True),
        ({"domains": frozenset(), "groups": frozenset({"dermatology"})}, {**PERSON, "groups": ["derma", 1]}, False),
        ({"domains": frozenset(), "groups": frozenset({"derma"})}, {**PERSON, "groups": "dermatology"}, False),
        ({"domains": frozenset(), "everyone": True}, {"sub": "42"}, True),
        ({}, {**PERSON, "email": "Ada@CLINIC.example"}, True),
        ({}, {"email_verified": True}, False),
    ],
)
def test_rules_are_domains_groups_or_everyone(options: dict[str, Any], claims: dict[str, Any], entered: bool) -> None:  # noqa: FBT001
    assert may_enter(rules("https://x", **options), claims) is entered


def test_an_answer_to_nobody_s_question_lets_nobody_in(client: FlaskClient, provider: FakeProvider) -> None:
    asked = client.get("/login/provider").location
    back = provider.log_in(asked)
    other = client.application.test_client()
    assert other.get(back).status_code == 403, "another browser's"
    assert client.get(back.replace("state=", "state=x")).status_code == 403
    assert client.get("/login/back").status_code == 403
    assert client.get("/login/back?error=access_denied&state=x").status_code == 403
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 403, "once"


def test_attempts_that_came_to_nothing_do_not_pile_up_in_the_cookie(client: FlaskClient) -> None:
    for _ in range(12):
        client.get("/login/provider")
    cookie = client.get_cookie("session")
    assert cookie
    assert len(cookie.value) < 1200


def test_a_provider_that_is_gone_or_calls_itself_otherwise_is_named(
    client: FlaskClient, provider: FakeProvider, bundle_folder: Path
) -> None:
    provider.description = {"issuer": "https://evil.example"}
    response = client.get("/login/provider")
    assert response.status_code == 502
    assert "The login service does not answer" in response.get_data(as_text=True)
    gone = Config(bundle=bundle_folder, access=Access(provider=rules("http://127.0.0.1:1")))
    away = create_app(gone).test_client()
    assert away.get("/login/provider").status_code == 502
    assert away.get("/login/back?code=a&state=b").status_code == 502
    assert away.get("/healthz").status_code == 200


def test_it_is_for_tls_as_the_password_is(client: FlaskClient) -> None:
    assert client.get("/login/provider", base_url="http://screening.example").status_code == 403
    asked = client.get("/login/provider", base_url="https://screening.example").location
    assert "https%3A%2F%2Fscreening.example%2Flogin%2Fback" in urlsplit(asked).query
