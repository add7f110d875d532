"""The contract of /api/predict and the health routes, in process."""

import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.api.answers import prediction
from app.screening.runtime import ModelRejected
from app.screening.screener import Screener
from tests.helpers.uploads import (
    encoded,
    huge_one_bit_png,
    lesion,
    multipart,
    png_lesion,
    truncated_jpeg,
    unlike_a_lesion,
)


def post(client: FlaskClient, upload: bytes, name: str = "lesion.png") -> TestResponse:
    return client.post("/api/predict", **multipart({"image": (name, upload)}))


def assert_problem(response: TestResponse, status: int, reason: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    assert set(body) == {"type", "title", "status", "detail", "reason", "request_id"}
    assert body["status"] == status
    assert body["reason"] == reason
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert body["detail"].endswith(".")
    assert "benign" not in response.get_data(as_text=True)
    return body


def test_an_answer_is_the_screener_s_and_has_the_contract_s_fields(client: FlaskClient, app: Flask) -> None:
    response = post(client, png_lesion())
    body = response.get_json()
    expected = app.extensions["screener"].screen(png_lesion())
    assert response.status_code == 200
    assert set(body) == {
        "prediction", "confidence", "probabilities", "classes", "assessment", "operating_point", "quality", "model",
        "timings_ms", "request_id", "disclaimer",
    }  # fmt: skip
    assert body["prediction"] == expected.prediction
    assert body["confidence"] == pytest.approx(expected.confidence)
    assert body["probabilities"] == pytest.approx(
        {"benign": 1 - expected.p_malignant, "malignant": expected.p_malignant}
    )
    assert body["assessment"] == expected.assessment
    assert set(body["operating_point"]) == {"threshold", "sensitivity", "specificity", "measured_on"}
    assert set(body["operating_point"]["sensitivity"]) == {"value", "low", "high"}
    assert [set(entry) for entry in body["classes"]] == [{"code", "name", "malignant", "probability"}] * 7
    assert body["model"]["sha256"] == app.extensions["screener"].bundle.model_sha256
    assert body["request_id"] == response.headers["X-Request-ID"]
    assert "not a medical device" in body["disclaimer"]


def test_a_picture_of_something_else_is_answered_without_any_class(client: FlaskClient) -> None:
    for kind, picture in unlike_a_lesion().items():
        response = post(client, encoded(picture, "PNG"))
        body = response.get_json()
        assert response.status_code == 200, kind
        assert body["assessment"] == "cannot_assess", kind
        assert (body["prediction"], body["confidence"], body["probabilities"]) == (None, None, None)
        assert body["classes"] == []
        assert set(body["quality"]) == {"ok", "warnings", "assessable"}
        assert (body["quality"]["ok"], body["quality"]["assessable"]) == (False, False)
        assert body["quality"]["warnings"][0]["code"] == "unlike_training"
        assert set(body["quality"]["warnings"][0]) == {"code", "title", "advice"}
        assert not {"benign", "malignant"} & set(re.findall(r'"(\w+)"', response.get_data(as_text=True)))


def test_the_quality_of_an_assessed_picture_is_told(client: FlaskClient, app: Flask) -> None:
    quality = app.extensions["screener"].screen(png_lesion()).quality
    assert post(client, png_lesion()).get_json()["quality"] == {
        "ok": quality.ok,
        "warnings": [{"code": w.code, "title": w.title, "advice": w.advice} for w in quality.warnings],
        "assessable": True,
    }


def test_a_bundle_without_a_gate_says_that_nothing_is_known_of_the_quality(app: Flask) -> None:
    screener = app.extensions["screener"]
    without = Screener(replace(screener.bundle, gate=None))
    body = prediction(without.screen(encoded(unlike_a_lesion()["noise"], "PNG")), without.bundle, "0")
    assert body["quality"] is None
    assert body["assessment"] in {"refer", "low_risk"}


@pytest.mark.parametrize(
    ("upload", "status", "reason"),
    [
        (b"", 422, "empty_file"),
        (b"words, whatever the name says", 415, "unaccepted_format"),
        (truncated_jpeg(), 422, "undecodable"),
        (huge_one_bit_png(), 422, "too_many_pixels"),
        (encoded(Image.new("RGB", (40, 40)), "PNG"), 422, "too_small"),
        (encoded(Image.new("CMYK", (90, 90)), "JPEG"), 422, "undecodable"),
        (encoded(lesion(), "GIF"), 415, "unaccepted_format"),
        (b"\0" * 15_000_001, 413, "too_many_bytes"),
        (b"\0" * 15_100_000, 413, "too_many_bytes"),
    ],
)
def test_a_bad_upload_is_refused_with_its_status(client: FlaskClient, upload: bytes, status: int, reason: str) -> None:
    assert_problem(post(client, upload, "photo.jpg"), status, reason)


def test_no_field_and_no_file_are_400(client: FlaskClient) -> None:
    assert_problem(client.post("/api/predict"), 400, "missing_file")
    assert_problem(client.post("/api/predict", **multipart({"photo": ("a.png", png_lesion())})), 400, "missing_file")
    assert_problem(post(client, b"", ""), 400, "missing_file")
    assert_problem(client.post("/api/predict", **multipart({"image": "a text, no file"})), 400, "missing_file")


def test_a_file_without_a_name_is_still_a_file(client: FlaskClient) -> None:
    boundary = "----b"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n'.encode()
        + png_lesion()
        + f"\r\n--{boundary}--\r\n".encode()
    )
    response = client.post("/api/predict", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert response.status_code == 200


def test_several_files_are_refused_and_none_is_answered(client: FlaskClient) -> None:
    files = [("image", ("a.png", png_lesion(1))), ("image", ("b.png", png_lesion(2)))]
    assert_problem(client.post("/api/predict", **multipart(files)), 400, "several_files")


def test_too_many_parts_are_refused(client: FlaskClient) -> None:
    fields = {f"field{number}": "x" for number in range(30)}
    assert_problem(client.post("/api/predict", **multipart(fields)), 413, "form_too_large")
    assert_problem(client.post("/api/predict", **multipart({"note": "x" * 2_000_000})), 413, "form_too_large")


def test_unknown_addresses_and_methods_are_problems_too(client: FlaskClient) -> None:
    assert_problem(client.get("/api/nothing"), 404, "not_found")
    response = client.get("/api/predict")
    assert_problem(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_a_large_upload_never_touches_the_disk(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    for name in ("tempfile.SpooledTemporaryFile", "werkzeug.formparser.SpooledTemporaryFile", "tempfile.TemporaryFile"):
        monkeypatch.setattr(name, forbidden)
    large = encoded(lesion(1, 900, 1200), "BMP")
    assert len(large) > 3_000_000
    assert post(client, large).status_code == 200


@pytest.mark.parametrize("failure", [ModelRejected("no distribution"), RuntimeError("boom"), MemoryError()])
def test_a_failure_of_ours_is_a_500_without_a_class_or_its_inside(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(Screener, "screen", fail)
    body = assert_problem(post(client, png_lesion()), 500, "internal_error")
    assert "boom" not in str(body)
