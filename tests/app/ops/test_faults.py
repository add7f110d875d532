"""Each part made to fail in a request: nothing of it answers a class, and the next request is fine."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ops.json_lines import JsonLines
from app.ops.turns import TURNS
from tests.helpers.faulty import HEADER, OUTPUTS, PARTS, QUOTED, faults
from tests.helpers.pages import hidden, send, token_of
from tests.helpers.recorded import record
from tests.helpers.uploads import multipart, png_lesion

CLASS = re.compile(r"benign|malignant|low_risk|refer\b|melanom|naev", re.IGNORECASE)
"""What any answer says and no failure may."""

FAULTS = [
    *((part, "raise") for part in PARTS),
    *((part, "memory") for part in ("decode", "interpreter")),
    *(("output", kind) for kind in OUTPUTS),
]


@pytest.fixture(autouse=True)
def faulty() -> Iterator[None]:
    with faults():
        yield


def form() -> dict[str, Any]:
    return multipart({"image": ("lesion.png", png_lesion())})


class Asked:
    """What a request got in which a part was to fail."""

    def __init__(self, client: FlaskClient, part: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
        self._client, self._headers, self._caplog = client, {HEADER: f"{part}={kind}"}, caplog

    def api(self, to: str = "/api/predict") -> str:
        return self._failed(self._client.post(to, headers=self._headers, **form())) or "answered"

    def batch(self) -> str:
        pictures = [("image", ("a.png", png_lesion(1))), ("image", ("b.png", png_lesion(2)))]
        response = self._client.post("/api/predict/batch", headers=self._headers, **multipart(pictures))
        if failed := self._failed(response):
            return failed
        body = response.get_json()
        if not body["refused"]:
            return "answered"
        assert (body["answered"], body["refused"]) == (0, 2)
        assert not CLASS.search(response.get_data(as_text=True))
        return f"500 {body['results'][1]['problem']['reason']} for each"

    def page(self) -> str:
        token = token_of(self._client)
        response = send(self._client, ("a.png", png_lesion()), token=token, headers=self._headers)
        if self._failed(response) is None:
            assert 'class="answer' in response.get_data(as_text=True)
            return "answered"
        text = response.get_data(as_text=True)
        assert 'class="answer' not in text
        assert response.headers["X-Request-ID"] in text
        if response.content_type.startswith("text/plain"):
            assert not CLASS.search(text)
            return "500 in plain words"
        assert 'id="upload"' in text, "the form, to try again"
        return "500, the form again"

    def files(self) -> str:
        """PDF and CSV, of results from before."""
        found = set()
        for address, field, number in (("/report.pdf", "answer", 1), ("/results.csv", "table", 2)):
            page = send(self._client, *[(f"{n}.png", png_lesion(n)) for n in range(number)]).get_data(as_text=True)
            response = self._client.post(address, headers=self._headers, **multipart({field: hidden(page, field)}))
            failed = self._failed(response)
            assert bool(failed) != ("attachment" in response.headers.get("Content-Disposition", ""))
            found.add("500, no file" if failed else "made")
        (outcome,) = found
        return outcome

    def _failed(self, response: TestResponse) -> str | None:
        """None for an answer; else a 500 without a class, whose log line says where it happened and quotes nobody."""
        text = response.get_data().decode(errors="replace")
        log = [json.loads(JsonLines().format(record)) for record in self._caplog.records if record.name == "app"]
        self._caplog.clear()
        assert QUOTED not in text + json.dumps(log)
        if response.status_code == 200:
            return None
        failed = [line for line in log if line["event"] == "failed"]
        assert response.status_code == 500
        assert "No result was made" in text
        assert {line["request_id"] for line in failed} == {response.headers["X-Request-ID"]}
        assert failed[0]["at"]
        if response.content_type == "application/problem+json":
            assert not CLASS.search(text)
            return f"500 {response.get_json(force=True)['reason']}"
        return "500"


@pytest.fixture(scope="module")
def classes(app: Flask) -> Any:
    return app.test_client().post("/api/predict", **form()).get_json()["classes"]


@pytest.mark.parametrize(("part", "kind"), FAULTS)
def test_a_part_that_fails_answers_no_class_anywhere_and_spoils_nothing_after_it(
    app: Flask, classes: Any, caplog: pytest.LogCaptureFixture, part: str, kind: str
) -> None:
    client = app.test_client()
    asked = Asked(client, part, kind, caplog)
    ways: dict[str, Callable[[], str]] = {
        "api": asked.api,
        "explained": lambda: asked.api("/api/predict?explain=1"),
        "batch": asked.batch,
        "page": asked.page,
    }
    if part in ("export", "every page", "preview"):
        ways["files"] = asked.files
    seen = {way: ask() for way, ask in ways.items()}
    assert any(outcome.startswith("500") for outcome in seen.values())
    assert not app.extensions[TURNS]._taken
    assert client.post("/api/predict", **form()).get_json()["classes"] == classes
    record("parts", f"{part}: {kind}", tried=len(seen), **{"files": "not tried", **seen})


def test_the_start_page_itself_fails_in_plain_words(client: FlaskClient) -> None:
    response = client.get("/", headers={HEADER: "every page=raise"})
    assert response.status_code == 500
    assert "No result was made" in response.get_data(as_text=True)
