"""The clock of the machine is set while the server runs."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.config import Config
from tests.helpers.pages import send, token_of
from tests.helpers.recorded import record
from tests.helpers.uploads import multipart, png_lesion

HOUR, YEAR = 3600.0, 365 * 24 * 3600.0

Set = Callable[[float], None]


@pytest.fixture
def set_by(monkeypatch: pytest.MonkeyPatch) -> Set:
    """Sets the clock by so many seconds from the true time."""
    true = time.time

    def set_clock(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: true() + seconds)

    return set_clock


@pytest.fixture
def client(bundle_folder: Path) -> FlaskClient:
    return create_app(Config(bundle=bundle_folder, rate_limit="4/minute")).test_client()


@pytest.mark.parametrize(
    ("words", "seconds", "form"),
    [
        ("an hour ahead", HOUR, "answered"),
        ("ten years ahead", 10 * YEAR, "400 expired, with a new form"),
        ("an hour back", -HOUR, "400 expired, with a new form"),
    ],
)
def test_a_clock_that_is_set_changes_no_answer(
    client: FlaskClient, set_by: Set, words: str, seconds: float, form: str
) -> None:
    def ask() -> object:
        response = client.post("/api/predict", **multipart({"image": ("a.png", png_lesion())}))
        return response.get_json()["classes"] if response.status_code == 200 else response.status_code

    token, right = token_of(client), ask()
    set_by(seconds)
    page = send(client, ("a.png", png_lesion()), token=token)
    assert ('class="answer' in page.get_data(as_text=True)) == (form == "answered")
    assert page.status_code == (200 if form == "answered" else 400)
    assert send(client, ("a.png", png_lesion())).status_code == 200, "with the new form"
    found = [ask() for _ in range(4)]
    assert all(entry in (right, 429) for entry in found)
    assert found[0] == right
    assert client.get("/readyz").status_code == 200
    record(
        "processes",
        f"clock set {words}",
        tried=3 + len(found),
        client=f"right answers; a form that was open: {form}",
        log="not looked at",
        afterwards="as before",
    )
