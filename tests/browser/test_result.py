"""Reading one answer."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.browser.steps import answer_of, choose, percent, screen
from tests.helpers.server import Server
from tests.helpers.uploads import encoded, lesion, png_lesion, unlike_a_lesion


def assert_shown(page: Page, server: Server, upload: bytes) -> None:
    body = answer_of(server, upload)
    headline = {"refer": "Refer", "low_risk": "Low risk", "cannot_assess": "Cannot assess"}[body["assessment"]]
    expect(page.locator(".headline")).to_have_text(headline)
    expect(page.get_by_text("not a medical device")).to_be_visible()
    assert page.locator(".photo").evaluate("picture => picture.naturalWidth") > 0
    rows = page.locator(".classes tbody tr")
    expect(rows).to_have_count(len(body["classes"]))
    if body["assessment"] == "cannot_assess":
        expect(page.locator(".prediction")).to_have_count(0)
        return
    expect(page.locator(".prediction")).to_have_text(body["prediction"])
    expect(page.locator(".confidence")).to_have_text(percent(body["confidence"]))
    expect(page.locator(".p-malignant")).to_have_text(percent(body["probabilities"]["malignant"]))
    for row, entry in enumerate(body["classes"]):
        expect(rows.nth(row)).to_contain_text(entry["name"])
        expect(rows.nth(row)).to_contain_text(percent(entry["probability"]))


def test_a_drawn_lesion_gets_the_api_s_answer(page: Page, server: Server) -> None:
    screen(page)
    assert_shown(page, server, png_lesion())


def test_a_picture_of_something_else_gets_no_class_but_a_reason(page: Page, server: Server) -> None:
    upload = encoded(unlike_a_lesion()["a page"], "PNG")
    screen(page, ("page.png", upload))
    assert_shown(page, server, upload)
    expect(page.locator(".headline")).to_have_text("Cannot assess")
    expect(page.locator(".warnings")).to_contain_text("Send a dermoscopic photo of one lesion")
    expect(page.locator(".worth, .heat, .outline, .classes")).to_have_count(0)


def test_real_images_get_the_api_s_answer(page: Page, server: Server, real_images: Sequence[Path]) -> None:
    for path in real_images[:3]:
        screen(page, (path.name, path.read_bytes()))
        assert_shown(page, server, path.read_bytes())


def test_the_heat_map_can_be_switched_on_and_its_strength_set(
    page: Page, server: Server, real_images: Sequence[Path]
) -> None:
    for path in real_images:
        if answer_of(server, path.read_bytes())["assessment"] != "refer":
            continue
        screen(page, (path.name, path.read_bytes()))
        if page.locator(".heat").count():
            break
    heat = page.locator(".heat")
    expect(heat).to_be_hidden()
    page.get_by_label("What speaks for malignancy").check()
    expect(heat).to_be_visible()
    assert heat.bounding_box() == page.locator(".photo").bounding_box()
    page.get_by_label("Strength").fill("30")
    assert heat.evaluate("picture => getComputedStyle(picture).opacity") == "0.3"
    page.get_by_label("What speaks for malignancy").uncheck()
    expect(heat).to_be_hidden()


def test_where_nothing_speaks_for_malignancy_nothing_is_marked(page: Page, server: Server) -> None:
    seed = next(n for n in range(40) if answer_of(server, png_lesion(n))["assessment"] == "low_risk")
    screen(page, ("a.png", png_lesion(seed)))
    expect(page.locator(".heat")).to_have_count(0)
    expect(page.get_by_text("No evidence to mark")).to_be_visible()


def test_the_stages_that_ran_are_shown_on_demand(page: Page, server: Server) -> None:
    screen(page)
    stages = requests.get(f"{server.url}/api/model", timeout=20).json()["stages"]
    expect(page.locator(".outline, .show-outline")).to_have_count(2 if "roi_highlight" in stages else 0)
    page.get_by_text("The preprocessing of this picture, stage by stage").click()
    expect(page.locator(".strip li")).to_have_count(len(stages))


def test_the_outline_and_the_six_stages_are_shown_on_demand(browser: Browser, outlining: Server) -> None:
    context = browser.new_context(base_url=outlining.url)
    page = context.new_page()
    screen(page)
    expect(page.locator(".outline")).to_be_hidden()
    page.get_by_label("Outline of the ROI stage").check()
    expect(page.locator(".outline path")).to_be_visible()
    expect(page.locator(".strip")).to_be_hidden()
    page.get_by_text("The preprocessing of this picture, stage by stage").click()
    expect(page.locator(".strip li")).to_have_count(6)
    assert page.locator(".strip img").evaluate_all("pictures => pictures.every(p => p.naturalWidth === 144)")
    context.close()


def test_without_a_script_the_outline_is_shown_on_demand(browser: Browser, outlining: Server) -> None:
    context = browser.new_context(base_url=outlining.url, java_script_enabled=False)
    page = context.new_page()
    screen(page)
    expect(page.locator(".outline")).to_be_hidden()
    page.get_by_label("Outline of the ROI stage").check()
    expect(page.locator(".outline")).to_be_visible()
    context.close()


def test_predictive_values_follow_the_clinic_s_prevalence_and_are_remembered(page: Page) -> None:
    screen(page)
    rows = page.locator(".worth tbody tr")
    for row, share in ((0, "1"), (2, "5"), (4, "20")):
        page.get_by_label("Malignant among the lesions").fill(share)
        expect(rows.nth(row).locator("td").nth(0)).to_have_text(page.locator(".ppv").inner_text())
        expect(rows.nth(row).locator("td").nth(1)).to_have_text(page.locator(".npv").inner_text())
    page.get_by_label("Malignant among the lesions").press("Enter")
    for impossible in ("0", "100", "-3", ""):
        page.get_by_label("Malignant among the lesions").fill(impossible)
        expect(page.locator(".ppv")).to_have_text("\u2013")
        expect(page.locator(".npv")).to_have_text("\u2013")
        expect(page.get_by_text("Enter a percentage above 0 and below 100.")).to_be_visible()
    screen(page)
    expect(page.get_by_label("Malignant among the lesions")).to_have_value("20")
    expect(rows.nth(4).locator("td").nth(0)).to_have_text(page.locator(".ppv").inner_text())


def test_the_pdf_says_what_the_page_says_and_not_what_was_typed(page: Page) -> None:
    screen(page)
    page.get_by_label("Patient reference").fill("A-4711")
    sent = []
    page.on("request", lambda request: sent.append(request.post_data or ""))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as PDF").click()
    report = PdfReader(io.BytesIO(Path(download.value.path()).read_bytes()))
    text = report.pages[0].extract_text().replace("\N{NO-BREAK SPACE}", " ")
    assert download.value.suggested_filename == "lesion-screening.pdf"
    assert page.locator(".headline").inner_text().strip() in text
    assert page.locator(".p-malignant").inner_text().replace("\N{NO-BREAK SPACE}", " ") in text
    assert sent
    assert "A-4711" not in text + "".join(sent)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("shape", [(300, 220), (220, 300)])
def test_printing_gives_one_page_with_all_that_was_typed(
    browser: Browser, outlining: Server, language: str, shape: tuple[int, int]
) -> None:
    context = browser.new_context(base_url=outlining.url, locale=language)
    page = context.new_page()
    choose(page, ("a.png", encoded(lesion(7, *shape), "PNG")))
    page.locator("#upload [type=submit]").click()
    page.locator("input.private").fill("A-4711")
    page.locator("textarea.private").fill("left forearm\n" * 11 + "the last line")
    report = PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
    text = report.pages[0].extract_text()
    assert len(report.pages) == 1
    for words in ("A-4711", "left forearm", "the last line", page.locator(".headline").inner_text().strip()):
        assert words in text
    assert "PDF" not in text
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})
    page.locator(".outline").evaluate("outline => { outline.style.display = 'block'; }")
    photo, outline = (page.locator(part).bounding_box() for part in (".photo", ".outline"))
    assert photo
    assert outline
    assert all(abs(photo[key] - outline[key]) < 1 for key in ("x", "y", "width", "height"))
    table, card = (page.locator(part).bounding_box() for part in (".classes table", ".verdict"))
    assert table
    assert card
    assert table["x"] + table["width"] <= card["x"] + card["width"] + 1
    context.close()


def test_the_sample_is_labelled_as_drawn(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Try a sample").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("synthetic: a drawn lesion")
    expect(page.locator(".prediction")).to_be_visible()


@pytest.mark.parametrize("code", ["es", "de", "bn"])
def test_the_language_is_switched_on_the_page(page: Page, code: str) -> None:
    page.goto("/help")
    page.locator(f"footer a[lang={code}]").click()
    expect(page.locator("html")).to_have_attribute("lang", code)
    assert page.url.endswith("/help")
