"""The pages, in process."""

import base64
import io
import re

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from app.web.pages import data_uri
from tests.helpers.uploads import (
    encoded,
    huge_one_bit_png,
    lesion,
    multipart,
    png_lesion,
    truncated_jpeg,
    unlike_a_lesion,
)


def send(client: FlaskClient, upload: bytes, name: str = "lesion.png", token: str | None = None) -> TestResponse:
    if token is None:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/").get_data(as_text=True))
        assert found, "the form has no token"
        token = found[1]
    return client.post("/result", **multipart({"csrf_token": token, "image": (name, upload)}))


def test_the_result_page_shows_what_the_screener_says(client: FlaskClient, app: Flask) -> None:
    response = send(client, png_lesion())
    page = response.get_data(as_text=True)
    expected = app.extensions["screener"].screen(png_lesion())
    assert response.status_code == 200
    assert f'<strong id="prediction">{expected.prediction}</strong>' in page
    assert f"{expected.confidence * 100:.1f} %" in page
    assert ("Refer" if expected.assessment == "refer" else "Low risk") in page
    for entry in expected.classes:
        assert entry.label.name.replace("'", "&#39;") in page
    assert "not a medical device" in page
    assert 'src="data:image/jpeg;base64,' in page


def test_a_picture_of_something_else_gets_advice_and_no_class(client: FlaskClient) -> None:
    page = send(client, encoded(unlike_a_lesion()["a page"], "PNG")).get_data(as_text=True)
    assert "Cannot assess" in page
    assert "does not look like those that the model learnt from" in page
    for word in ("Low risk", "Refer", 'id="prediction"', "Melanoma", "benign", "malignant", "meter"):
        assert word not in page, word


def test_the_preview_is_small_and_free_of_metadata() -> None:
    image = np.asarray(lesion(2, 900, 1200))
    encoded_preview = data_uri(image).removeprefix("data:image/jpeg;base64,")
    preview = Image.open(io.BytesIO(base64.b64decode(encoded_preview)))
    assert preview.size == (640, 480)
    assert not preview.getexif()
    assert np.abs(np.asarray(preview.convert("RGB"))[5, 5].astype(int) - image[9, 9].astype(int)).max() < 30


@pytest.mark.parametrize(
    ("upload", "status", "words"),
    [
        (truncated_jpeg(), 422, "damaged or incomplete"),
        (b"plain text", 415, "Send a JPEG, PNG, WebP, TIFF or BMP picture."),
        (huge_one_bit_png(), 422, "at most 50 million pixels"),
        (b"", 422, "The file is empty"),
        (b"\0" * 15_100_000, 413, "Send at most 15 MB"),
        (encoded(lesion(1, 60, 60), "PNG"), 422, "60 × 60 pixels; each side needs at least 64"),
    ],
)
def test_a_refusal_is_told_on_the_start_page_with_its_status(
    client: FlaskClient, upload: bytes, status: int, words: str
) -> None:
    response = send(client, upload)
    page = response.get_data(as_text=True)
    assert response.status_code == status
    assert words in page
    assert 'role="alert"' in page
    assert 'type="file"' in page, "the user can try again right here"
    assert "prediction" not in page


def test_no_file_is_told_on_the_start_page(client: FlaskClient) -> None:
    response = send(client, b"", "")
    assert response.status_code == 400
    assert "Choose a picture first" in response.get_data(as_text=True)


def test_a_form_from_elsewhere_is_refused(client: FlaskClient) -> None:
    for token in ("", "forged"):
        response = send(client, png_lesion(), token=token)
        assert response.status_code == 400
        assert "This page has expired" in response.get_data(as_text=True)


def test_the_form_works_over_https(client: FlaskClient) -> None:
    page = client.get("/", base_url="https://localhost").get_data(as_text=True)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    form = multipart({"csrf_token": found[1], "image": ("a.png", png_lesion())})
    assert client.post("/result", base_url="https://localhost", **form).status_code == 200


def test_a_refused_form_has_a_request_id(client: FlaskClient) -> None:
    response = send(client, png_lesion(), token="forged")  # noqa: S106 - no password
    assert re.search(r"Request [0-9a-f]{16}", response.get_data(as_text=True))
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["X-Request-ID"])


def test_coming_back_to_a_result_starts_again(client: FlaskClient) -> None:
    response = client.get("/result")
    assert response.status_code == 302
    assert response.location == "/"


def test_an_unknown_page_leads_back_to_the_start(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "There is nothing here" in response.get_data(as_text=True)


def test_a_file_s_name_is_never_shown(client: FlaskClient) -> None:
    page = send(client, b"text", "<script>alert(1)</script>Jane-Doe.jpg").get_data(as_text=True)
    assert "Jane-Doe" not in page
    assert "<script" not in page
