"""A clinic's account, and a client that logs in with it as the form does."""

import re
from typing import Any
from urllib.parse import urlencode

from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from app.access.options import Account

NAME, PASSWORD = "clinic", "correct horse battery"
# A real hash of little work: tests log in often.
ACCOUNT = Account(NAME, generate_password_hash(PASSWORD, "scrypt:1024:8:1"))


def login_token(client: FlaskClient, **options: Any) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login", **options).get_data(as_text=True))
    assert found, "the login page has no token"
    return found[1]


def log_in(
    client: FlaskClient, name: str = NAME, password: str = PASSWORD, back: str = "", **options: Any
) -> TestResponse:
    form = {"csrf_token": login_token(client, **options), "name": name, "password": password}
    return client.post(f"/login?{urlencode({'back': back})}", data=form, **options)


def enters(client: FlaskClient) -> bool:
    """Whether a page is shown to this client."""
    return client.get("/help").status_code == 200
