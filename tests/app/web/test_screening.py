"""The form and the result of one picture, in process."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.screening.screener import Screener, Screening
from app.web.information import PAGES
from tests.helpers.pages import send, token_of
from tests.helpers.uploads import encoded, huge_one_bit_png, lesion, png_lesion, truncated_jpeg, unlike_a_lesion


def test_the_result_page_shows_what_the_screener_says(client: FlaskClient, app: Flask) -> None:
    response = send(client, ("lesion.png", png_lesion()))
    page = response.get_data(as_text=True)
    screener = app.extensions["screener"]
    expected = screener.screen(png_lesion())
    stages = screener.bundle.preprocess.stages
    assert response.status_code == 200
    assert f'<strong class="prediction">{expected.prediction}</strong>' in page
    assert f"{expected.p_malignant * 100:.1f}\N{NO-BREAK SPACE}%" in page
    assert ("Refer" if expected.assessment == "refer" else "Low risk") in page
    for entry in expected.classes:
        assert entry.label.name in page
    assert "not a medical device" in page
    assert page.count('src="data:image/jpeg;base64,') == 1 + len(stages), "the photo and its stages"


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
    response = send(client, ("lesion.png", upload))
    page = response.get_data(as_text=True)
    assert response.status_code == status
    assert words in page
    assert 'role="alert"' in page
    assert 'type="file"' in page, "the user can try again right here"
    assert "prediction" not in page


def test_no_file_is_told_on_the_start_page(client: FlaskClient) -> None:
    for uploads in ([], [("", b"")], [("", b""), ("", b"")]):
        response = send(client, *uploads)
        assert response.status_code == 400
        assert "Choose a picture first" in response.get_data(as_text=True)


def test_the_camera_s_field_left_empty_is_no_second_picture(client: FlaskClient) -> None:
    page = send(client, ("lesion.png", png_lesion()), ("", b"")).get_data(as_text=True)
    assert 'class="many"' not in page
    assert 'class="prediction"' in page


def test_a_form_from_elsewhere_is_refused(client: FlaskClient) -> None:
    for token in ("", "forged"):
        response = send(client, ("lesion.png", png_lesion()), token=token)
        assert response.status_code == 400
        assert "This page has expired" in response.get_data(as_text=True)


def test_the_form_works_over_https(client: FlaskClient) -> None:
    assert send(client, ("a.png", png_lesion()), base_url="https://localhost").status_code == 200


def test_a_refused_form_has_a_request_id(client: FlaskClient) -> None:
    response = send(client, ("lesion.png", png_lesion()), token="forged")  # noqa: S106 - no password
    assert re.search(r"Request [0-9a-f]{16}", response.get_data(as_text=True))
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["X-Request-ID"])


def test_coming_back_to_a_result_starts_again_and_says_so(client: FlaskClient) -> None:
    for address in ("/result", "/sample"):
        response = client.get(address)
        assert response.status_code == 200
        assert "The last result was not kept" in response.get_data(as_text=True)
        assert 'type="file"' in response.get_data(as_text=True)


def test_an_unknown_page_leads_back_to_the_start(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "There is nothing here" in response.get_data(as_text=True)


def test_the_name_of_a_single_file_is_not_shown(client: FlaskClient) -> None:
    for upload in (b"text", png_lesion()):
        page = send(client, ("Jane-Doe.jpg", upload)).get_data(as_text=True)
        assert "Jane-Doe" not in page


def test_the_sample_is_labelled_as_synthetic_on_the_page(client: FlaskClient) -> None:
    response = client.post("/sample", data={"csrf_token": token_of(client)})
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert "synthetic: a drawn lesion" in page
    assert 'class="prediction"' in page, "the sample gets an answer"


def test_what_is_suspicious_is_marked_and_what_is_not_says_so(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    screener: Screener = app.extensions["screener"]
    found = screener.screen(png_lesion())
    stages = screener.bundle.preprocess.stages
    answer: dict[str, Screening] = {}
    monkeypatch.setattr(Screener, "screen", lambda *_: answer["now"])
    peaked = found.activation_map * 0
    peaked[4, 4] = 3.0
    flat = found.activation_map * 0 + 3.0
    sentences = ("Turquoise marks what", "No single place stands out", "No evidence to mark: below the operating point")
    for p_malignant, level, said in ((0.99, peaked, 0), (0.99, flat, 1), (0.001, peaked, 2)):
        answer["now"] = replace(
            found,
            p_malignant=p_malignant,
            prediction="malignant" if p_malignant > 0.5 else "benign",
            assessment="refer" if p_malignant > 0.5 else "low_risk",
            activation_map=level,
        )
        page = send(client, ("a.png", png_lesion())).get_data(as_text=True)
        assert [sentence in page for sentence in sentences] == [number == said for number in range(3)]
        assert ('class="heat"' in page) is (said == 0)
        assert ('class="outline"' in page) is ("roi_highlight" in stages)


def test_nothing_of_a_result_may_be_kept_by_a_browser_or_a_proxy(client: FlaskClient) -> None:
    for response in (send(client, ("a.png", png_lesion())), client.get("/")):
        assert response.headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_under_an_address_that_changes_with_them(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    addresses = re.findall(r'(?:href|src)="(/(?:static|bootstrap)[^"]+)"', page)
    assert len(addresses) >= 4
    for address in addresses:
        with client.get(address, headers={"Accept-Encoding": "gzip, deflate"}) as response:
            assert response.status_code == 200
            # A module is imported under its plain name: browsers ask each time whether it is still the same.
            kept = "immutable" if "?v=" in address else "no-cache"
            assert kept in response.headers["Cache-Control"]
            if address.partition("?")[0].endswith(("css", "js")):
                assert response.headers["Content-Encoding"] in {"gzip", "deflate"}
    assert client.get("/", headers={"Accept-Encoding": "gzip, br"}).headers.get("Content-Encoding") is None


def test_a_picture_of_something_else_gets_advice_and_no_class(client: FlaskClient) -> None:
    page = send(client, ("page.png", encoded(unlike_a_lesion()["a page"], "PNG"))).get_data(as_text=True)
    body = page.partition("<main")[2].partition("</main>")[0]
    assert "Cannot assess" in body
    assert "does not look like those that the model learnt from" in body
    assert "Send a dermoscopic photo of one lesion" in body
    said = re.sub(r'(value|src)="[^"]*"', "", body)  # tokens and pictures in base64 spell short words by chance
    for word in ("Low risk", "Refer", 'class="prediction"', "Melanoma", "benign", "malignant", "PPV", 'class="heat"'):
        assert word not in said, word
    assert "Download as PDF" in said


def test_pages_hold_no_inline_script_or_style_and_the_policy_allows_none(client: FlaskClient) -> None:
    several = [("a.png", png_lesion(1)), ("b.png", png_lesion(2)), ("c.png", b"no picture")]
    answers = [client.get(address) for address in (*PAGES, "/nowhere")]
    answers += [send(client, several[0]), send(client, *several), send(client, several[2])]
    for answer in answers:
        page = answer.get_data(as_text=True)
        for written in ("<style", " style=", " onclick=", " onload=", "javascript:", "<script>"):
            assert written not in page
        assert page.count("<script") == 1
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
