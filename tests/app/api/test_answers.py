"""/api/predict beyond the form: the picture as the body, the explanation; /api/model."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.screening.screener import Screener
from tests.app.test_api import assert_problem, post
from tests.helpers.uploads import encoded, lesion, multipart, png_lesion


def opened(uri: str) -> Image.Image:
    head, _, content = uri.partition(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(content)))


@pytest.fixture
def easily_worried(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Screener:
    """The app's Screener with a threshold that drawn lesions reach too, so that there is something to explain."""
    screener: Screener = app.extensions["screener"]
    point = screener.bundle.operating_point
    assert point
    monkeypatch.setattr(screener, "bundle", replace(screener.bundle, operating_point=replace(point, threshold=1e-6)))
    return screener


def test_the_body_alone_is_answered_as_the_form_is(client: FlaskClient) -> None:
    upload = encoded(lesion(3), "JPEG")
    by_form = post(client, upload).get_json()
    for kind in ("image/jpeg", "image/x-whatever", "application/dicom"):
        response = client.post("/api/predict", data=upload, content_type=kind)
        assert response.status_code == 200
        assert response.get_json()["classes"] == by_form["classes"]


def test_a_body_is_refused_as_a_file_is(client: FlaskClient) -> None:
    for body, status, reason in (
        (b"", 422, "empty_file"),
        (b"words", 415, "unaccepted_format"),
        (b"\0" * 15_000_001, 413, "too_many_bytes"),
        (b"\0" * 15_100_000, 413, "too_many_bytes"),
    ):
        assert_problem(client.post("/api/predict", data=body, content_type="image/png"), status, reason)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream"])
def test_a_body_that_calls_itself_something_else_is_refused(client: FlaskClient, kind: str) -> None:
    assert_problem(client.post("/api/predict", data=png_lesion(), content_type=kind), 415, "unaccepted_body")


def test_an_explanation_comes_only_where_it_is_asked_for(client: FlaskClient) -> None:
    upload = png_lesion()
    assert "explanation" not in post(client, upload).get_json()
    assert "explanation" not in client.post("/api/predict?explain=0", data=upload, content_type="image/png").get_json()
    by_address = client.post("/api/predict?explain=1", data=upload, content_type="image/png").get_json()
    by_field = client.post("/api/predict", **multipart({"image": ("a.png", upload), "explain": "1"})).get_json()
    assert by_address["explanation"] == by_field["explanation"]
    assert by_address["assessment"] == "low_risk"
    assert by_address["explanation"]["heat_map"] is None, "the strongest of weak signs would look like a finding"


def test_an_explanation_holds_the_heat_map_the_outline_and_the_stages_pixel_for_pixel(
    client: FlaskClient, easily_worried: Screener
) -> None:
    screener, upload = easily_worried, png_lesion(1)
    stages = screener.bundle.preprocess.stages
    found = client.post("/api/predict?explain=1", data=upload, content_type="image/png").get_json()["explanation"]
    expected = screener.explain(screener.screen(upload))
    assert expected.evidence is not None
    heat = opened(found["heat_map"])
    assert heat.mode == "RGBA"
    assert heat.size == (224, 224)
    assert np.asarray(heat)[:, :, 3].max() > 80
    assert (found["outline"] is None) == (expected.outline is None) == ("roi_highlight" not in stages)
    if expected.outline is not None:
        assert np.array(found["outline"]) == pytest.approx(expected.outline, abs=1e-4)
    assert [stage["name"] for stage in found["stages"]] == list(stages)
    for stage, (_, picture) in zip(found["stages"], expected.stages, strict=True):
        assert np.array_equal(np.asarray(opened(stage["picture"])), picture)


@pytest.mark.parametrize("value", ["yes", "2", "", "true"])
def test_another_wish_than_0_or_1_is_refused(client: FlaskClient, value: str) -> None:
    response = client.post(f"/api/predict?explain={value}", data=png_lesion(), content_type="image/png")
    assert assert_problem(response, 400, "wrong_parameter")["detail"] == "'explain' takes 0 or 1."


def test_the_model_tells_what_the_manifest_says(client: FlaskClient, app: Flask) -> None:
    bundle = app.extensions["screener"].bundle
    body = client.get("/api/model").get_json()
    assert (body["name"], body["version"], body["sha256"]) == (bundle.name, bundle.version, bundle.model_sha256)
    assert [entry["code"] for entry in body["classes"]] == ["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]
    assert [entry["code"] for entry in body["classes"] if entry["malignant"]] == ["akiec", "bcc", "mel"]
    measured = bundle.manifest["metrics"]["test"]
    assert body["metrics"]["auc"] == measured["auc"]
    assert body["test_set"]["images"] == measured["images"] == 2026
    assert body["operating_point"]["threshold"] == bundle.operating_point.threshold
    assert body["input"] == {
        "formats": ["JPEG", "PNG", "WEBP", "TIFF", "BMP"],
        "max_bytes": 15_000_000,
        "max_pixels": 50_000_000,
        "min_side": 64,
    }
    assert body["card"] == bundle.card
