"""Each part made to fail in a request: nothing of it answers a class, and the next request is fine."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ops.json_lines import JsonLines
from app.ops.turns import TURNS
from tests.helpers.faulty import HEADER, OUTPUTS, PARTS, QUOTED, faults
from tests.helpers.pages import hidden, send, token_of
from tests.helpers.uploads import multipart, png_lesion

CLASS = re.compile(r"benign|malignant|low_risk|refer\b|melanom|nevus", re.IGNORECASE)
"""What any answer says and no failure may."""

API_PARTS = [part for part in PARTS if part not in {"saliency", "preview", "every page", "export"}]
OF_BROKEN_MODELS = [("output", kind) for kind in OUTPUTS]


@pytest.fixture(autouse=True)
def faulty() -> Iterator[None]:
    with faults():
        yield


def form() -> dict[str, Any]:
    return multipart({"image": ("lesion.png", png_lesion())})


@pytest.fixture(scope="module")
def classes(app: Flask) -> Any:
    return app.test_client().post("/api/predict", **form()).get_json()["classes"]


@pytest.fixture(autouse=True)
def fine_again(client: FlaskClient, app: Flask, classes: Any) -> Iterator[None]:
    yield
    assert not app.extensions[TURNS]._taken
    assert client.post("/api/predict", **form()).get_json()["classes"] == classes


def asking(part: str, kind: str) -> dict[str, str]:
    return {HEADER: f"{part}={kind}"}


def assert_failed(response: TestResponse, caplog: pytest.LogCaptureFixture) -> str:
    """A 500 without a class, whose log line says where it happened and quotes nobody. Returns what was answered."""
    text = response.get_data(as_text=True)
    assert response.status_code == 500
    assert "No result was made" in text
    assert QUOTED not in text
    log = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "app"]
    failed = [line for line in log if line["event"] == "failed"]
    assert {line["request_id"] for line in failed} == {response.headers["X-Request-ID"]}
    assert failed[0]["at"]
    assert QUOTED not in json.dumps(log)
    return text


@pytest.mark.parametrize(
    ("part", "kind"),
    [*((part, "raise") for part in API_PARTS), ("decode", "memory"), ("interpreter", "memory"), *OF_BROKEN_MODELS],
)
def test_a_part_that_fails_is_a_problem_without_a_class(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, part: str, kind: str
) -> None:
    caplog.clear()
    response = client.post("/api/predict", headers=asking(part, kind), **form())
    text = assert_failed(response, caplog)
    assert response.content_type == "application/problem+json"
    assert json.loads(text)["reason"] == "internal_error"
    assert not CLASS.search(text)


@pytest.mark.parametrize(
    ("part", "kind"), [*((part, "raise") for part in PARTS if part not in {"every page", "export"}), ("output", "nan")]
)
def test_a_part_that_fails_is_a_page_without_an_answer(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, part: str, kind: str
) -> None:
    token = token_of(client)
    caplog.clear()
    text = assert_failed(send(client, ("a.png", png_lesion()), token=token, headers=asking(part, kind)), caplog)
    assert 'class="answer' not in text
    assert 'id="upload"' in text, "the form, to try again"


@pytest.mark.parametrize("part", ["saliency", "preview"])
def test_an_explanation_that_fails_takes_its_answer_along(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    caplog.clear()
    response = client.post("/api/predict?explain=1", headers=asking(part, "raise"), **form())
    assert not CLASS.search(assert_failed(response, caplog))


@pytest.mark.parametrize(("part", "kind"), [("decode", "raise"), ("interpreter", "memory"), ("output", "nan")])
def test_in_a_batch_each_picture_fails_for_itself(client: FlaskClient, part: str, kind: str) -> None:
    pictures = [("image", ("a.png", png_lesion(1))), ("image", ("b.png", png_lesion(2)))]
    response = client.post("/api/predict/batch", headers=asking(part, kind), **multipart(pictures))
    body = response.get_json()
    assert (body["answered"], body["refused"]) == (0, 2)
    assert [entry["problem"]["reason"] for entry in body["results"]] == ["internal_error"] * 2
    assert not CLASS.search(response.get_data(as_text=True))


def test_where_no_page_can_be_made_the_failure_is_told_in_plain_words(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    token = token_of(client)
    caplog.clear()
    response = send(client, ("a.png", png_lesion()), token=token, headers=asking("every page", "raise"))
    text = assert_failed(response, caplog)
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["X-Request-ID"] in text
    assert not CLASS.search(text)
    assert client.get("/", headers=asking("every page", "raise")).status_code == 500


@pytest.mark.parametrize(("address", "field"), [("/report.pdf", "answer"), ("/results.csv", "table")])
def test_a_file_that_cannot_be_made_is_no_file(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, address: str, field: str
) -> None:
    pictures = [("a.png", png_lesion(1))] + [("b.png", png_lesion(2))] * (field == "table")
    page = send(client, *pictures).get_data(as_text=True)
    caplog.clear()
    sent = multipart({field: hidden(page, field)})
    assert client.post(address, **sent).status_code == 200
    response = client.post(address, headers=asking("export", "raise"), **sent)
    assert "attachment" not in response.headers.get("Content-Disposition", "")
    assert_failed(response, caplog)
