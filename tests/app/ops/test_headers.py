"""The headers of every route and of every error. A route that is added is asked too."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import create_app
from app.access.options import Access
from app.config import Config
from app.screening.screener import Screener
from app.web.static import STATIC_ENDPOINTS
from tests.helpers.logins import ACCOUNT, NAME, PASSWORD, log_in
from tests.helpers.pages import send, token_of
from tests.helpers.uploads import encoded, lesion, multipart, png_lesion, truncated_jpeg

TLS = {"base_url": "https://screening.example.org"}
NOTHING = "accelerometer autoplay camera display-capture encrypted-media fullscreen geolocation gyroscope magnetometer \
microphone midi payment picture-in-picture publickey-credentials-get screen-wake-lock usb xr-spatial-tracking"
SNAPSHOT = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in NOTHING.split()),
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}
ARGUMENTS = {"filename": "nothing.css", "code": "de"}


@pytest.fixture(scope="module")
def whole(bundle_folder: Path) -> Flask:
    """With all that settings can add."""
    access = Access(account=ACCOUNT)
    return create_app(
        Config(bundle=bundle_folder, access=access, hsts_seconds=31_536_000, cors_origins=("https://a.b",))
    )


def headers_of(response: TestResponse) -> dict[str, str | None]:
    return {name: response.headers.get(name) for name in SNAPSHOT}


def requests_of(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    for rule in app.url_map.iter_rules():
        with app.test_request_context():
            address = app.url_map.bind("x").build(rule.endpoint, {name: ARGUMENTS[name] for name in rule.arguments})
        for method in sorted(rule.methods or ()):
            yield rule, method, address


@pytest.mark.parametrize("logged_in", [False, True], ids=["stranger", "logged in"])
def test_every_route_answers_with_these_headers(whole: Flask, logged_in: bool) -> None:  # noqa: FBT001
    seen = set()
    for rule, method, address in requests_of(whole):
        client = whole.test_client()
        if logged_in:
            log_in(client, **TLS)
        with client.open(address, method=method, **TLS) as response:
            assert headers_of(response) == SNAPSHOT, (method, address, response.status)
            assert re.fullmatch(r"[0-9a-f]{16}", response.headers["X-Request-ID"])
            assert "Server" not in response.headers
        seen.add(rule.endpoint)
    assert {"web.start", "api.predict", "login.send", "login.leave", "metrics.metrics", *STATIC_ENDPOINTS} <= seen


def test_a_static_file_is_kept_and_has_the_other_headers(whole: Flask) -> None:
    with whole.test_client().get("/static/site.css?v=1", **TLS) as response:
        assert response.status_code == 200
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        assert headers_of(response) == SNAPSHOT | kept
        assert "Set-Cookie" not in response.headers, "it is the same for everybody"
        assert "Cookie" not in response.headers.get("Vary", "")


ERRORS: list[tuple[int, str, dict[str, Any]]] = [
    (400, "/api/predict", {"method": "POST"}),
    (400, "/result", {"method": "POST"}),
    (400, "/report.pdf", {"method": "POST"}),
    (403, "/api/predict", {"method": "POST", "headers": {"Sec-Fetch-Site": "cross-site"}}),
    (404, "/nothing", {}),
    (404, "/api/nothing", {}),
    (405, "/api/predict", {}),
    (413, "/api/predict", {"method": "POST", **multipart({"image": ("a.png", b"\0" * 15_000_001)})}),
    (415, "/api/predict", {"method": "POST", **multipart({"image": ("a.gif", encoded(lesion(), "GIF"))})}),
    (422, "/api/predict", {"method": "POST", **multipart({"image": ("a.jpg", truncated_jpeg())})}),
]


@pytest.mark.parametrize(("status", "address", "options"), ERRORS)
def test_every_error_answers_with_these_headers(
    whole: Flask, status: int, address: str, options: dict[str, Any]
) -> None:
    client = whole.test_client()
    log_in(client, **TLS)
    response = client.open(address, **TLS, **options)
    assert response.status_code == status
    assert headers_of(response) == SNAPSHOT


@pytest.mark.parametrize("raised", [RuntimeError("boom"), 401, 408, 418, 429, 500, 502, 503])
@pytest.mark.parametrize("address", ["/result", "/api/predict"])
def test_every_failure_inside_answers_with_these_headers(
    whole: Flask, monkeypatch: pytest.MonkeyPatch, raised: Exception | int, address: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        if isinstance(raised, int):
            error = HTTPException()
            error.code = raised
            raise error
        raise raised

    client = whole.test_client()
    log_in(client, **TLS)
    token = token_of(client, **TLS)
    monkeypatch.setattr(Screener, "screen", fail)
    response = client.post(address, **multipart({"csrf_token": token, "image": ("a.png", png_lesion())}), **TLS)
    assert response.status_code == (500 if not isinstance(raised, int) or raised >= 500 else raised)
    assert headers_of(response) == SNAPSHOT


def test_without_tls_or_without_the_setting_nothing_is_said_of_it(whole: Flask, bundle_folder: Path) -> None:
    assert "Strict-Transport-Security" not in whole.test_client().get("/healthz").headers
    plain = create_app(Config(bundle=bundle_folder)).test_client()
    assert "Strict-Transport-Security" not in plain.get("/healthz", **TLS).headers


def test_the_cookie_is_out_of_reach_of_scripts_other_sites_and_other_names(whole: Flask) -> None:
    client = whole.test_client()
    log_in(client, **TLS)
    cookie = client.get_cookie("__Host-session", domain="screening.example.org")
    assert cookie
    assert (cookie.http_only, cookie.secure, cookie.same_site, cookie.path) == (True, True, "Lax", "/")
    assert cookie.origin_only, "no Domain, as the prefix asks"
    assert cookie.expires is None, "gone with the browser"
    assert client.get_cookie("session", domain="screening.example.org") is None


def test_on_plain_http_a_cookie_without_the_prefix_works(app: Flask) -> None:
    client = app.test_client()
    assert send(client, ("a.png", png_lesion())).status_code == 200
    cookie = client.get_cookie("session")
    assert cookie
    assert not cookie.secure


def test_the_account_is_not_in_what_is_shown_of_the_settings() -> None:
    shown = repr(replace(Config(), access=Access(account=ACCOUNT), metrics_token="t" * 40))
    assert NAME in shown
    assert ACCOUNT.hashed not in shown
    assert PASSWORD not in shown
    assert "tttt" not in shown
