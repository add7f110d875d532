"""The clinic's account: what is closed without it, and how it is opened."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import check_password_hash

from app import create_app
from app.access import accounts
from app.api.keys import digest_of
from app.config import Config
from app.settings import ApiKey
from app.web.information import PAGES
from tests.app.test_api import assert_problem, post
from tests.helpers.logins import NAME, PASSWORD, enters, log_in, login_token
from tests.helpers.pages import send, token_of
from tests.helpers.uploads import multipart, png_lesion

KEY = "lesion_key"


def test_without_a_login_everybody_enters_and_there_is_no_login_page(app: Flask) -> None:
    assert enters(app.test_client())
    assert app.test_client().get("/login").status_code == 404


@pytest.mark.parametrize("address", [*PAGES, "/api/docs", "/result", "/nothing"])
def test_every_page_leads_to_the_login_and_back(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 302
    assert response.location == f"/login?back={address}"
    after = log_in(client, back=address)
    assert (after.status_code, after.location) == (303, address if address in (*PAGES, "/api/docs") else "/")
    assert enters(client)


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "/logout", "javascript:x"]
)
def test_it_leads_to_no_other_place(client: FlaskClient, back: str) -> None:
    assert log_in(client, back=back).location == "/"


def test_what_is_open_is_open(client: FlaskClient) -> None:
    for address in ("/login", "/healthz", "/readyz", "/metrics", "/static/site.css", "/login?back=/help"):
        with client.get(address) as response:
            assert response.status_code == 200, address
    assert client.get("/language/de?back=/login").location == "/login"


def test_a_picture_that_is_sent_without_a_login_is_not_looked_at(client: FlaskClient) -> None:
    assert_problem(post(client, b"no picture"), 401, "login_needed")
    for address in ("/api/model", "/api/openapi.json", "/api/nothing"):
        assert_problem(client.get(address), 401, "login_needed")
    page = client.post("/result", **multipart({"image": ("a.png", b"no picture")}))
    assert page.status_code == 401
    assert 'data-reason="login_needed"' in page.get_data(as_text=True)
    assert 'action="/result"' not in page.get_data(as_text=True)


def test_whoever_is_logged_in_uses_pages_and_api(client: FlaskClient) -> None:
    log_in(client)
    assert send(client, ("a.png", png_lesion())).status_code == 200
    assert post(client, png_lesion()).status_code == 200
    assert client.get("/api/openapi.json").status_code == 200
    foreign = client.post("/api/predict", headers={"Sec-Fetch-Site": "same-site"})
    assert_problem(foreign, 403, "foreign_page")
    assert client.get("/login").location == "/"


def test_a_key_opens_the_api_and_nothing_else(settings: Config) -> None:
    config = replace(settings, api_keys=(ApiKey("lab", digest_of(KEY)),))
    client = create_app(config).test_client()
    key = {"Authorization": f"Bearer {KEY}"}
    form = multipart({"image": ("a.png", png_lesion())})
    assert client.post("/api/predict", headers=key, **form).status_code == 200
    assert client.get("/api/openapi.json", headers=key).status_code == 200
    assert client.get("/help", headers=key).status_code == 302
    refused = client.get("/api/model", headers={"Authorization": "Bearer other"})
    assert_problem(refused, 401, "wrong_key")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="Lesion Screening"'
    log_in(client)
    assert client.post("/api/predict", **form).status_code == 200, "the session does as well"


@pytest.mark.parametrize(
    ("name", "password"), [(NAME, "misspelt"), ("other", PASSWORD), ("", ""), (NAME, PASSWORD * 100)]
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(client: FlaskClient, name: str, password: str) -> None:
    response = log_in(client, name, password)
    page = response.get_data(as_text=True)
    assert response.status_code == 401
    assert "The name or the password is wrong" in page
    assert password not in page or not password
    assert not enters(client)


def test_the_password_is_hashed_whatever_the_name_is(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []

    def counted(expected: str, password: str) -> bool:
        hashed.append(password)
        return check_password_hash(expected, password)

    monkeypatch.setattr(accounts, "check_password_hash", counted)
    for name in (NAME, "nobody"):
        log_in(client, name, "wrong one")
    assert hashed == ["wrong one"] * 2


def test_the_form_needs_its_token(client: FlaskClient) -> None:
    response = client.post("/login", data={"name": NAME, "password": PASSWORD})
    assert response.status_code == 400
    assert not enters(client)
    login_token(client)
    foreign = client.post("/login", data={"name": NAME, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


def test_after_five_failures_even_the_right_password_has_to_wait(locked: Flask) -> None:
    client = locked.test_client()
    assert [log_in(client, NAME, "wrong").status_code for _ in range(5)] == [401] * 5
    refused = log_in(client)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 15 * 60
    assert "too many attempts" in refused.get_data(as_text=True)
    assert [log_in(client, "nobody", "wrong").status_code for _ in range(6)] == [401] * 5 + [429], "as for any name"
    elsewhere = log_in(locked.test_client(), environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 303, "nobody locks the clinic out from one place"


def test_one_address_does_not_try_many_names(client: FlaskClient) -> None:
    found = [log_in(client, f"name{number}", "wrong").status_code for number in range(21)]
    assert found == [401] * 20 + [429]


def test_a_right_password_forgets_the_failures_before_it(client: FlaskClient) -> None:
    for _ in range(3):
        assert [log_in(client, NAME, "wrong").status_code for _ in range(4)] == [401] * 4
        assert log_in(client).status_code == 303
        client.post("/logout", data={"csrf_token": token_of(client)})


def test_a_password_is_taken_over_tls_or_on_this_machine_alone(client: FlaskClient) -> None:
    refused = log_in(client, base_url="http://screening.example")
    assert refused.status_code == 403
    assert "This line can be listened to" in refused.get_data(as_text=True)
    for address in ("https://screening.example", "http://127.0.0.1:8000", "http://[::1]:8000", "http://localhost"):
        assert log_in(client, base_url=address).status_code == 303, address
    for address in ("http://localhost.evil.example", "http://127.0.0.1.evil.example:80"):
        assert log_in(client, base_url=address).status_code == 403, address


def test_metrics_are_for_this_machine_or_for_the_token(settings: Config) -> None:
    client = create_app(settings).test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.7"}).status_code == 401
    forwarded = client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
    assert forwarded.status_code == 401, "a front on this machine asks for somebody else"
    token = "t" * 32
    client = create_app(replace(settings, metrics_token=token)).test_client()
    assert client.get("/metrics").status_code == 401
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "10.0.0.7"}}
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}, **elsewhere).status_code == 200
    assert client.get("/metrics", headers={"Authorization": "Bearer other"}, **elsewhere).status_code == 401
