"""The page of a run: what it shows, and that nothing in a file's name or bytes gets further than its text."""

import base64
import hashlib
import io
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from app.summary.overview import Row, overview
from app.summary.page import Labelled, summary_page
from app.summary.words import counted, shown
from tests.helpers.results import of_file, row
from tests.helpers.uploads import encoded, lesion

NAME = "<img src=x onerror=alert(4)>.jpg"
HOSTILE = "x/<script>alert(1)</script>\"' onload=alert(2) &amp;.jpg"


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def page_of(app: Flask, *rows: Row, labelled: Labelled | None = None) -> str:
    screener = app.extensions["screener"]
    with app.app_context():
        return summary_page(
            overview(rows), screener.bundle, screener.limits, results_name="results.csv", labelled=labelled
        )


def test_the_page_says_what_was_found(app: Flask) -> None:
    page = page_of(app, row("a", 0.9), row("b", 0.05), row("c"), row("d", error="Gone. Look.", reason="gone"))
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    for expected in (
        "Screening of 4 files", "Refer 1 25.0 %", "Low risk 1 25.0 %", "Cannot assess 1", "Could not be read 1",
        "1 picture is not what the model can judge", "1 file has no answer", "Gone. Look.", "not a medical device",
        app.extensions["screener"].bundle.model_sha256,
    ):  # fmt: skip
        assert expected in text.replace("\N{NO-BREAK SPACE}", " "), expected


def test_a_file_name_is_text_and_nothing_else(app: Flask) -> None:
    failed = row(HOSTILE + "2", error="<img src=x onerror=alert(3)>", reason="<b>reason</b>", duplicate_of=HOSTILE)
    shown_ones = [row(HOSTILE, 0.9, quality="<i>odd</i>"), row(NAME, 0.8), row(f"{NAME}/a", 0.7), row(HOSTILE + "1")]
    page = page_of(app, *shown_ones, failed)
    tags = Elements(page).tags
    assert {tag for tag, _ in tags} <= {
        "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "h3", "p",
        "strong", "span", "bdi", "code", "br", "small", "dl", "div", "dt", "dd", "ul", "li", "table", "thead", "tbody",
        "tr", "th", "td", "figure", "figcaption", "svg", "rect", "path", "text",
    }  # fmt: skip
    assert not [name for _, attributes in tags for name in attributes if name.startswith("on") or name == "style"]
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


def test_nothing_is_loaded_and_the_policy_allows_no_script(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(lesion(3), "JPEG"))
    page = page_of(app, of_file(path, 0.9))
    policy = next(
        str(attributes["content"])
        for tag, attributes in Elements(page).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search("<style>(.*)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'")
    sources = [value for _, found in Elements(page).tags for name, value in found.items() if name in {"src", "href"}]
    assert len(sources) == 1
    assert str(sources[0]).startswith("data:image/jpeg;base64,")
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_a_thumbnail_is_small_and_has_no_metadata(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe, born 1970"
    path.write_bytes(encoded(lesion(3, 900, 1200), "JPEG", exif=exif))
    assert b"Jane Doe" in path.read_bytes()
    page = page_of(app, of_file(path, 0.9))
    found = re.search('src="data:image/jpeg;base64,([^"]+)"', page)
    assert found
    content = base64.b64decode(found[1])
    assert b"Jane" not in content
    with Image.open(io.BytesIO(content)) as thumbnail:
        assert max(thumbnail.size) == 168
        assert not thumbnail.getexif()


def test_another_picture_under_the_same_name_is_never_shown_beside_the_answer(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(encoded(lesion(3), "BMP"))
    screened = of_file(path, 0.9)
    assert "data:image/jpeg" in page_of(app, screened)
    path.write_bytes(encoded(lesion(4), "BMP"))
    assert path.stat().st_size == screened["bytes"], "the same number of bytes, so that only the digest tells"
    page = page_of(app, screened)
    assert "data:image/jpeg" not in page
    assert "gone, or changed since" in page
    path.unlink()
    os.mkfifo(path)  # would be read for ever
    assert "gone, or changed since" in page_of(app, screened)


def test_the_figures_of_labelled_pictures_are_shown_with_those_that_were_missed(app: Flask) -> None:
    rate = {"value": 0.5, "low": 0.25, "high": 0.75}
    point = {"counts": {"tp": 3, "fn": 1, "fp": 5, "tn": 7}}
    point |= dict.fromkeys(("sensitivity", "specificity", "ppv", "npv"), rate)
    evaluation = {
        "pictures": 16, "malignant": 4, "groups": None, "coverage": rate, "prevalence": rate, "auc": rate,
        "brier": None, "ece": rate, "intervals": "made up",
        "roc": [[0, 0], [1, 1]], "labels": {"group_column": None, "notes": ["One note."]},
        "reliability": [{"images": 3, "mean_probability": 0.5, "malignant_share": rate}],
        "operating_point": {"assessed": point, "refused_as_referred": point},
    }  # fmt: skip
    missed = row("missed.jpg", 0.01)
    labelled = Labelled(evaluation, {str(missed["sha256"]): True}, [missed])
    page = page_of(app, row("a", 0.9), labelled=labelled).replace("\N{NO-BREAK SPACE}", " ")
    assert "50.0 % (25.0 % to 75.0 %)" in page
    assert "0.500 (0.250 to 0.750)" in page
    assert "not defined" in page
    assert "labelled malignant" in page
    assert "missed.jpg" in page
    assert "One note." in page
    assert 'points="0.0,200.0 200.0,0.0"' in page


def test_an_empty_run_has_a_page(app: Flask) -> None:
    assert "No file was assessed." in page_of(app)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (os.fsdecode(b"bad\xff.jpg"), "bad\\xff.jpg"),
        ("evil\u202egpj.exe", "evil\\u202egpj.exe"),
        ("two\nlines", "two\\nlines"),
        ("\u0995\u09cd\u200d\u09b7.jpg", "\u0995\u09cd\u200d\u09b7.jpg"),
        ("M\u00fcller (1).jpg", "M\u00fcller (1).jpg"),
    ],
)
def test_what_a_name_hides_is_shown(name: str, told: str) -> None:
    assert shown(name) == told


def test_one_file_is_not_many() -> None:
    assert [counted(number, "file", "files") for number in (0, 1, 1234)] == ["0 files", "1 file", "1,234 files"]
