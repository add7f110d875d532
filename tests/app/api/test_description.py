"""/api/openapi.json and /api/docs say what the API does; docs/api.md says all of it to readers."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema_rs import validator_for
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from app import create_app
from app.api.docs import schema_words
from app.api.routes import PROBLEMS
from app.config import REPOSITORY, Config
from tests.app.test_api import post
from tests.helpers.uploads import encoded, multipart, png_lesion, unlike_a_lesion

DOCUMENT = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def description(app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = app.test_client().get("/api/openapi.json").get_json()
    return found


def wrong(description: dict[str, Any], name: str, body: Any) -> list[str]:
    schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    return [error.message for error in validator_for(schema).iter_errors(body)]


def test_the_description_is_openapi_3_1_and_names_every_route_of_the_api(
    description: dict[str, Any], app: Flask
) -> None:
    assert description["openapi"] == "3.1.0"
    OPENAPI_31_VALIDATOR.validate(description)
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert set(description["paths"]) == routes == {"/api/predict", "/api/predict/batch", "/api/model"}


def test_every_answer_is_what_the_description_says(description: dict[str, Any], client: FlaskClient) -> None:
    form = multipart({"image": ("a.png", png_lesion()), "explain": "1"})
    several = multipart([("image", ("a.png", png_lesion())), ("image", ("b", b"words"))])
    assert wrong(description, "Prediction", post(client, png_lesion()).get_json()) == []
    assert wrong(description, "Prediction", client.post("/api/predict", **form).get_json()) == []
    assert wrong(description, "Batch", client.post("/api/predict/batch", **several).get_json()) == []
    assert wrong(description, "Model", client.get("/api/model").get_json()) == []
    assert wrong(description, "Problem", client.get("/api/nothing").get_json(force=True)) == []
    assert wrong(description, "Prediction", {}) != []


def test_a_picture_that_cannot_be_assessed_has_a_place_in_the_description(
    description: dict[str, Any], client: FlaskClient
) -> None:
    upload = encoded(unlike_a_lesion()["noise"], "PNG")
    body = client.post("/api/predict?explain=1", data=upload, content_type="image/png").get_json()
    assert wrong(description, "Prediction", body) == []
    assert body["assessment"] == "cannot_assess"
    assert (body["explanation"]["heat_map"], body["explanation"]["outline"]) == (None, None)
    assert [stage["name"] for stage in body["explanation"]["stages"]] == client.get("/api/model").get_json()["stages"]


def test_an_answer_never_claims_more_than_the_schema_allows(description: dict[str, Any], client: FlaskClient) -> None:
    body = post(client, png_lesion()).get_json()
    for changed in ({"prediction": "unknown"}, {"confidence": 1.2}, {"assessment": "benign"}, {"more": 1}):
        assert len(wrong(description, "Prediction", {**body, **changed})) == 1


def test_a_server_with_keys_says_so() -> None:
    asked = create_app(Config(api_keys=Config.from_environment({"LESION_API_KEYS": "a:" + "0" * 64}).api_keys))
    page = asked.test_client().get("/api/docs").get_data(as_text=True)
    assert 'id="key" type="password"' in page
    assert "Authorization: Bearer KEY" in page


def test_the_page_shows_every_operation_schema_and_field_and_loads_nothing_from_elsewhere(
    description: dict[str, Any], client: FlaskClient
) -> None:
    page = client.get("/api/docs").get_data(as_text=True)
    for path, methods in description["paths"].items():
        for method in methods:
            assert f'<span class="method">{method.upper()}</span> {path}</h2>' in page
    for name, schema in description["components"]["schemas"].items():
        assert f'id="schema-{name}"' in page
        for field in schema["properties"]:
            assert f"<code>{field}</code>" in page
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href)="([^"#][^"]*)"', page))
    assert "style=" not in page
    assert not re.search(r"<script(?![^>]* src=)", page)


def test_a_schema_is_put_into_words() -> None:
    assert schema_words({"type": ["number", "null"], "minimum": 0.5, "maximum": 1.0}) == [
        {"text": "number or null from 0.5 to 1"}
    ]
    assert schema_words({"anyOf": [{"$ref": "#/components/schemas/Rate"}, {"type": "null"}]}) == [
        {"ref": "Rate"}, {"text": " or "}, {"text": "null"},
    ]  # fmt: skip
    assert schema_words({"type": "array", "items": {"enum": ["a", None]}}) == [
        {"text": "array of "}, {"text": '"a" or null'},
    ]  # fmt: skip


def test_the_document_names_every_route_field_status_and_reason(description: dict[str, Any], app: Flask) -> None:
    words = set(re.findall(r"`([^`\n]+)`", DOCUMENT))
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") and "static" not in rule.endpoint:
            assert any(rule.rule in word for word in words), rule.rule
    for name, schema in description["components"]["schemas"].items():
        for field in schema["properties"]:
            assert any(re.search(rf"\b{field}\b", word) for word in words), f"{name}.{field}"
    for status, text in PROBLEMS.items():
        assert re.search(rf"^\| {status} \|", DOCUMENT, re.MULTILINE) or f"{status}," in DOCUMENT, status
        for reason in re.findall(r"`(\w+)`", text):
            assert reason in words, reason
