"""The catalogues of translations: whole, up to date, and faithful in what a program fills in."""

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from app.config import REPOSITORY
from app.screening.bundle import load_bundle
from app.web.languages import LANGUAGES
from app.web.words import CLASS_NAMES

TRANSLATIONS = REPOSITORY / "app" / "web" / "translations"
CODES = [code for code in LANGUAGES if code != "en"]
METHODS = [("**.py", "python"), ("web/templates/**.html", "jinja2")]


def catalogue(code: str) -> Catalog:
    return read_po(io.BytesIO((TRANSLATIONS / code / "LC_MESSAGES" / "messages.po").read_bytes()))


@pytest.fixture(scope="module")
def messages() -> set[str]:
    found = extract_from_dir(REPOSITORY / "app", METHODS, keywords={"_": None, "gettext": None, "N_": None})
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


@pytest.mark.parametrize("code", CODES)
def test_no_catalogue_has_a_hole(code: str, messages: set[str]) -> None:
    assert len(messages) > 150
    entries = {entry.id: entry for entry in catalogue(code) if entry.id}
    assert set(entries) == messages, "run `make translations`"
    assert not [entry.id for entry in entries.values() if not entry.string or entry.fuzzy]


@pytest.mark.parametrize("code", CODES)
def test_a_translation_fills_in_what_the_original_does(code: str) -> None:
    for entry in catalogue(code):
        for pattern in (r"%\((\w+)\)s", r"%%"):
            assert sorted(re.findall(pattern, entry.id)) == sorted(re.findall(pattern, entry.string)), entry.id


@pytest.mark.parametrize("code", CODES)
def test_what_is_compiled_is_what_is_written(code: str) -> None:
    compiled = read_mo(io.BytesIO((TRANSLATIONS / code / "LC_MESSAGES" / "messages.mo").read_bytes()))
    assert {entry.id: entry.string for entry in compiled if entry.id} == {
        entry.id: entry.string for entry in catalogue(code) if entry.id
    }, "run `make translations`"


def test_the_classes_of_every_shipped_bundle_have_words() -> None:
    folders = [path.parent for path in (REPOSITORY / "model_store").glob("*/manifest.json")]
    assert folders
    for folder in folders:
        assert {label.name for label in load_bundle(Path(folder)).classes} <= set(CLASS_NAMES)
