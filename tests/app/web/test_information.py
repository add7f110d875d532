"""The pages to read, and the switch of language."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.information import PAGES
from app.web.languages import LANGUAGES, percent
from app.web.words import STAGES
from tests.helpers.pages import send
from tests.helpers.uploads import png_lesion

CODES = list(LANGUAGES)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_one_heading_a_way_back_and_the_disclaimer(client: FlaskClient, address: str) -> None:
    page = client.get(address).get_data(as_text=True)
    assert page.count("<h1") == 1
    assert 'href="/"' in page
    assert "Research tool, not a medical device" in page


def test_the_bundle_s_stages_are_numbered_from_one(client: FlaskClient, app: Flask) -> None:
    page = client.get("/how-it-works").get_data(as_text=True)
    names = [STAGES[stage][0] for stage in app.extensions["screener"].bundle.preprocess.stages]
    assert re.findall(r"<strong>(\d+\. .+?)</strong>", page) == [f"{at}. {name}" for at, name in enumerate(names, 1)]


def test_the_model_card_is_the_bundle_s(client: FlaskClient, app: Flask) -> None:
    page = client.get("/model-card").get_data(as_text=True)
    bundle = app.extensions["screener"].bundle
    assert f"Model card: {bundle.name} {bundle.version}" in page
    assert "<table>" in page
    assert len(re.findall("<h2>", page)) == len(re.findall("^## ", bundle.card, re.MULTILINE))


def test_the_card_s_figures_are_described_since_a_server_does_not_have_them(client: FlaskClient, app: Flask) -> None:
    described = re.findall(r"!\[(.+?)\]\(\.\./", app.extensions["screener"].bundle.card)
    assert len(described) == 2
    prose = client.get("/model-card").get_data(as_text=True).partition('class="prose"')[2]
    assert "<img" not in prose
    for words in described:
        assert f"<em>{words} (figure in the source code&#39;s documents)</em>" in prose.replace("code's", "code&#39;s")


@pytest.mark.parametrize("code", CODES)
def test_every_page_is_there_in_every_language(client: FlaskClient, code: str) -> None:
    for address in PAGES:
        response = client.get(address, headers={"Accept-Language": code})
        assert response.status_code == 200
        assert f'<html lang="{code}"' in response.get_data(as_text=True)


def test_the_switch_is_remembered_and_stronger_than_the_browser_s_setting(client: FlaskClient) -> None:
    response = client.get("/language/de?back=/help", headers={"Accept-Language": "es"})
    assert response.location == "/help"
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert '<html lang="de"' in client.get("/help", headers={"Accept-Language": "es"}).get_data(as_text=True)
    client.delete_cookie("language")


@pytest.mark.parametrize("back", ["https://elsewhere.example/help", "//elsewhere.example", "/api/predict", "\\\\x"])
def test_the_switch_leads_nowhere_else(client: FlaskClient, back: str) -> None:
    assert client.get("/language/en", query_string={"back": back}).location in {"/", "/help"}
    client.delete_cookie("language")


def test_an_unknown_language_is_not_found_and_an_unknown_preference_is_english(client: FlaskClient) -> None:
    assert client.get("/language/xx").status_code == 404
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "fi"}).get_data(as_text=True)


@pytest.mark.parametrize("code", [code for code in CODES if code != "en"])
def test_a_translation_is_marked_as_awaiting_review(client: FlaskClient, code: str, app: Flask) -> None:
    from flask_babel import force_locale, gettext

    note = "This translation awaits a medical review; the English text is the one that holds."
    with app.test_request_context(), force_locale(code):
        translated = gettext(note)
    assert translated != note
    assert translated in client.get("/", headers={"Accept-Language": code}).get_data(as_text=True)


def test_an_answer_and_a_refusal_are_in_the_reader_s_language(client: FlaskClient) -> None:
    german = {"headers": {"Accept-Language": "de"}}
    page = send(client, ("a.png", png_lesion()), **german).get_data(as_text=True)
    assert "Melanozytärer Nävus" in page
    assert "Melanocytic naevus" not in page
    refused = send(client, ("a.png", b"no picture"), **german).get_data(as_text=True)
    assert "JPEG" in refused
    assert "Send a JPEG" not in refused


@pytest.mark.parametrize(
    ("share", "digits", "expected"),
    [(0.4321, 1, "43.2 %"), (0.0, 1, "0.0 %"), (1.0, 1, "100.0 %"), (0.0004, 1, "< 0.1 %"), (0.99996, 1, "> 99.9 %"),
     (0.0006, 1, "0.1 %"), (0.9994, 1, "99.9 %"), (0.05, 0, "5 %")],
)  # fmt: skip
def test_a_share_is_never_rounded_to_certainty(app: Flask, share: float, digits: int, expected: str) -> None:
    with app.test_request_context():
        assert percent(share, digits).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_numbers_are_written_as_the_reader_s_country_writes_them_in_latin_digits(app: Flask) -> None:
    for code, expected in (("de", "43,2"), ("es", "43,2"), ("bn", "43.2")):
        with app.test_request_context(headers={"Accept-Language": code}):
            assert percent(0.4321).startswith(expected)
