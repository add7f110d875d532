"""What a line of the log says, and what it never says."""

import json
import logging
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.config import DEFAULT_BUNDLE
from app.ops.json_lines import JsonLines
from app.screening.runtime import ModelRejected
from app.screening.screener import Screener
from tests.helpers.pages import send
from tests.helpers.uploads import encoded, lesion, multipart, png_lesion, truncated_jpeg

ADDRESS = "203.0.113.77"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the records are written as."""
    return [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "app"]


def predict(client: FlaskClient, upload: bytes, name: str = "Jane-Doe.jpg") -> Any:
    return client.post(
        "/api/predict", **multipart({"image": (name, upload)}), environ_overrides={"REMOTE_ADDR": ADDRESS}
    )


def test_an_answered_picture_has_one_line_with_all_that_an_operator_needs(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    upload = encoded(lesion(7, 150, 200), "JPEG")
    with caplog.at_level("INFO"):
        response = predict(client, upload)
    (line,) = lines(caplog)
    assert line["time"].endswith("Z")
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert (line["event"], line["route"], line["method"], line["status"]) == ("request", "/api/predict", "POST", 200)
    assert (line["bytes"], line["format"], line["pixels"]) == (len(upload), "JPEG", 30_000)
    assert line["assessment"] == response.get_json()["assessment"]
    assert line["reason"] is None
    assert line["model"] == f"{DEFAULT_BUNDLE.name} " + response.get_json()["model"]["version"]
    assert {"total", "wait", "decode", "preprocess", "inference"} <= set(line["ms"])
    assert line["ms"]["total"] >= line["ms"]["inference"] > 0


def test_a_refused_picture_has_its_reason(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        predict(client, truncated_jpeg())
    (line,) = lines(caplog)
    assert (line["status"], line["reason"], line["assessment"]) == (422, "undecodable", None)
    assert line["bytes"] == len(truncated_jpeg())


def test_a_page_of_several_pictures_has_a_line_for_each_and_one_for_all(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        send(client, ("a.png", png_lesion(1)), ("b.jpg", truncated_jpeg()), ("c.bmp", encoded(lesion(3), "BMP")))
    found = [line for line in lines(caplog) if line.get("route") != "/"]
    assert [line["event"] for line in found] == ["picture", "picture", "picture", "request"]
    assert [line.get("format") for line in found[:3]] == ["PNG", None, "BMP"]
    assert [line["reason"] for line in found] == [None, "undecodable", None, None]
    assert len({line["request_id"] for line in found}) == 1
    assert (found[3]["pictures"], found[3]["status"]) == (3, 200)


def test_no_line_says_who_sent_what(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, left shoulder"
    exif.get_ifd(0x8825)[0x001D] = "1970:01:02"
    with caplog.at_level("DEBUG"):
        predict(client, encoded(lesion(), "JPEG", exif=exif))
        predict(client, encoded(lesion(), "JPEG", exif=exif)[:900], "Jane-Doe.jpg")
        client.get("/Jane-Doe?name=Jane-Doe", headers={"User-Agent": "Jane-Doe", "Referer": "http://x/Jane-Doe"})
        client.open("/healthz", method="JANEDOE")
    text = json.dumps(lines(caplog)) + caplog.text
    for secret in ("Jane", "JANE", "shoulder", "1970:01:02", ADDRESS, "203.0.113"):
        assert secret not in text
    assert len(lines(caplog)) == 4


def test_an_error_of_a_library_is_logged_without_its_message(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise UnicodeError("cannot encode 'Jane-Doe.jpg'")

    monkeypatch.setattr(Screener, "screen", fail)
    with caplog.at_level("INFO"):
        response = predict(client, png_lesion())
    failed, request = lines(caplog)
    assert failed["level"] == "error"
    assert failed["request_id"] == request["request_id"] == response.headers["X-Request-ID"]
    assert failed["error"] == "builtins.UnicodeError"
    assert failed["at"][-1].endswith(" fail")
    assert "Jane" not in json.dumps([failed, request])
    assert request["reason"] == "internal_error"


def test_an_error_of_ours_is_logged_with_its_message() -> None:
    error = ModelRejected("the model's output 'map' is not finite")
    record = logging.LogRecord("app", logging.ERROR, "x", 1, "failed", (), (ModelRejected, error, None))
    line = json.loads(JsonLines().format(record))
    assert line["error"] == "app.screening.runtime.ModelRejected: the model's output 'map' is not finite"


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (f"Invalid request from ip={ADDRESS}: Invalid HTTP Header: 'Jane'", "Invalid request"),
        ("Error handling request POST /api/predict?name=Jane", "Error handling request"),
        ("Booting worker with pid: 7", "Booting worker with pid: 7"),
    ],
)
def test_what_gunicorn_says_of_a_client_is_withheld(message: str, kept: str) -> None:
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "x", 1, message, (), None)
    assert json.loads(JsonLines().format(record))["event"] == kept
