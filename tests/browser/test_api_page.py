"""/api/docs in a browser, under the same policy as every page; the JavaScript example inside a page."""

import base64
import json

from playwright.sync_api import Page, expect

from app.config import DEFAULT_BUNDLE, REPOSITORY
from app.screening.bundle import load_bundle
from tests.helpers.uploads import encoded, lesion, png_lesion

EXAMPLE = REPOSITORY / "examples" / "predict.mjs"


def choose(page: Page, field: str, *names: str) -> None:
    page.locator(field).set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": png_lesion(seed)} for seed, name in enumerate(names)]
    )


def test_a_picture_is_sent_from_the_page_and_its_answer_shown(page: Page) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs")
    form = page.locator("form[action='/api/predict']")
    choose(page, "#predict-image", "a.png")
    form.get_by_label("explain").select_option("1")
    form.get_by_role("button", name="Send").click()
    expect(form.locator(".outcome")).to_contain_text("200 OK")
    answer = json.loads(form.locator(".answer-text").inner_text())
    assert answer["assessment"] in ("refer", "low_risk", "cannot_assess")
    assert answer["explanation"]["stages"][0]["picture"].startswith("data:image/png;base64,…")
    explained = answer["explanation"]
    pictures = form.locator(".answer-pictures img")
    expect(pictures).to_have_count(len(explained["stages"]) + (explained["heat_map"] is not None))
    side = load_bundle(DEFAULT_BUNDLE).preprocess.output_size
    assert pictures.last.evaluate("picture => picture.naturalWidth") == side
    assert not said
    assert all(address.startswith((page.url.partition("/api")[0], "data:")) for address in asked)


def test_several_pictures_and_a_refusal_are_shown_too(page: Page) -> None:
    page.goto("/api/docs")
    form = page.locator("form[action='/api/predict/batch']")
    choose(page, "#predictBatch-image", "a.png", "b.png")
    form.get_by_role("button", name="Send").click()
    expect(form.locator(".outcome")).to_contain_text("200 OK")
    assert json.loads(form.locator(".answer-text").inner_text())["answered"] == 2
    refused = page.locator("form[action='/api/predict']")
    refused.get_by_role("button", name="Send").click()
    expect(refused.locator(".outcome")).to_contain_text("400")
    expect(refused.locator(".answer-text")).to_contain_text("missing_file")


def test_the_form_works_without_a_script(plain_page: Page) -> None:
    plain_page.goto("/api/docs")
    choose(plain_page, "#predict-image", "a.png")
    plain_page.locator("form[action='/api/predict']").get_by_role("button", name="Send").click()
    expect(plain_page.locator("body")).to_contain_text('"assessment":')


def test_the_javascript_example_runs_in_a_page(page: Page) -> None:
    upload = encoded(lesion(3), "JPEG")
    page.goto("/api/docs")
    # What is behind is for Node; a module's text runs here without its export.
    function = EXAMPLE.read_text(encoding="utf-8").partition("if (typeof process")[0].replace("export ", "")
    script = f"""async (content) => {{
        {function}
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        return await screen("", new Blob([bytes]));
    }}"""
    answer = page.evaluate(script, base64.b64encode(upload).decode())
    again = page.request.post(
        "/api/predict", multipart={"image": {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": upload}}
    )
    assert answer["classes"] == again.json()["classes"]
