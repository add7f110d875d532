"""The form of the start page, filled in without a browser."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.helpers.uploads import multipart


def token_of(client: FlaskClient, **options: Any) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/", **options).get_data(as_text=True))
    assert found, "the form has no token"
    return found[1]


def send(
    client: FlaskClient, *uploads: tuple[str, bytes], token: str | None = None, to: str = "/result", **options: Any
) -> TestResponse:
    """Sends (name, bytes) pictures as the form does."""
    fields: list[tuple[str, Any]] = [("csrf_token", token_of(client, **options) if token is None else token)]
    fields += [("image", upload) for upload in uploads]
    return client.post(to, **multipart(fields), **options)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, f"the page carries no {name}"
    return found[1]
