"""Who the client is behind fronts, and what its cookie may do."""

from pathlib import Path

import pytest
from flask import Flask, request

from app import create_app
from app.config import Config

FORWARDED = {"X-Forwarded-For": "198.51.100.9, 203.0.113.77"}
"""What a client made up, and what the front added."""


def address_seen(app: Flask, headers: dict[str, str]) -> str:
    with app.test_client() as client:
        client.get("/healthz", headers=headers, environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
        return request.remote_addr or ""


@pytest.mark.parametrize(("proxies", "address"), [(0, "10.0.0.1"), (1, "203.0.113.77"), (2, "198.51.100.9")])
def test_an_address_is_believed_of_as_many_fronts_as_there_are(bundle_folder: Path, proxies: int, address: str) -> None:
    app = create_app(Config(bundle=bundle_folder, proxies=proxies))
    assert address_seen(app, FORWARDED) == address


def test_the_session_s_cookie_is_kept_to_tls_where_it_was_set_on_tls(app: Flask) -> None:
    client = app.test_client()
    assert "Secure" in client.get("/", base_url="https://example.org").headers["Set-Cookie"]
    assert "Secure" not in app.test_client().get("/").headers["Set-Cookie"]
