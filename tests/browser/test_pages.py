"""A person's way: open the page, choose a photo, read the answer. In a real browser, against a real server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.helpers.server import Server
from tests.helpers.uploads import encoded, huge_one_bit_png, lesion, png_lesion, truncated_jpeg, unlike_a_lesion


def choose(page: Page, upload: bytes, name: str = "lesion.png") -> None:
    page.goto("/")
    page.get_by_label("Photo of the lesion").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": upload}]
    )


def send(page: Page) -> None:
    page.get_by_role("button", name="Screen this photo").click()


def answer_of(server: Server, upload: bytes) -> dict[str, Any]:
    response = requests.post(f"{server.url}/api/predict", files={"image": ("a.png", upload)}, timeout=20)
    body: dict[str, Any] = response.json()
    return body


def assert_shown(page: Page, body: dict[str, Any]) -> None:
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    if body["assessment"] == "cannot_assess":
        expect(page.locator("#verdict")).to_contain_text("Cannot assess")
        expect(page.get_by_text(body["quality"]["warnings"][0]["advice"])).to_be_visible()
        expect(page.locator("#prediction, meter, tbody tr")).to_have_count(0)
        return
    expect(page.locator("#prediction")).to_have_text(body["prediction"])
    expect(page.locator("#confidence")).to_have_text(f"{body['confidence'] * 100:.1f} %")
    expect(page.locator("#verdict")).to_contain_text("Refer" if body["assessment"] == "refer" else "Low risk")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(len(body["classes"]))
    for row, entry in enumerate(body["classes"]):
        expect(rows.nth(row)).to_contain_text(entry["name"])
        expect(rows.nth(row)).to_contain_text(f"{entry['probability'] * 100:.1f} %")
    assert page.locator("figure img").evaluate("picture => picture.naturalWidth") > 0
    expect(page.get_by_text("not a medical device")).to_be_visible()


def test_a_drawn_lesion_gets_the_api_s_answer(page: Page, server: Server) -> None:
    choose(page, png_lesion())
    send(page)
    assert_shown(page, answer_of(server, png_lesion()))


def test_a_picture_of_something_else_gets_no_class(page: Page, server: Server) -> None:
    upload = encoded(unlike_a_lesion()["a page"], "PNG")
    body = answer_of(server, upload)
    assert body["assessment"] == "cannot_assess"
    choose(page, upload)
    send(page)
    assert_shown(page, body)


def test_real_images_get_the_api_s_answer(page: Page, server: Server, real_images: Sequence[Path]) -> None:
    for path in real_images[:3]:
        choose(page, path.read_bytes(), path.name)
        send(page)
        assert_shown(page, answer_of(server, path.read_bytes()))


@pytest.mark.parametrize(
    ("upload", "name", "status", "words"),
    [
        pytest.param(truncated_jpeg(), "photo.jpg", 422, "damaged or incomplete", id="truncated-jpeg"),
        pytest.param(b"a text", "photo.jpg", 415, "Send a JPEG, PNG, WebP, TIFF or BMP picture", id="text-renamed-jpg"),
        pytest.param(huge_one_bit_png(), "huge.png", 422, "at most 50 million pixels", id="81-megapixel-png"),
        pytest.param(b"", "empty.jpg", 422, "The file is empty", id="empty-file"),
        pytest.param(b"\0" * 20_000_000, "large.jpg", 413, "Send at most 15 MB", id="20-MB"),
    ],
)
def test_a_bad_upload_is_told_and_can_be_put_right(
    page: Page, upload: bytes, name: str, status: int, words: str
) -> None:
    choose(page, upload, name)
    with page.expect_response("**/result") as response:
        send(page)
    assert response.value.status == status
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator("#prediction")).to_have_count(0)
    page.get_by_label("Photo of the lesion").set_input_files(
        [{"name": "good.png", "mimeType": "image/png", "buffer": png_lesion()}]
    )
    send(page)
    expect(page.locator("#prediction")).to_be_visible()


def test_no_file_is_stopped_by_the_browser_and_by_the_server(page: Page) -> None:
    page.goto("/")
    send(page)
    expect(page.get_by_role("heading", name="Screen a photo")).to_be_visible()
    page.locator("form").evaluate("form => { form.noValidate = true; }")
    with page.expect_response("**/result") as response:
        send(page)
    assert response.value.status == 400
    expect(page.get_by_role("alert")).to_contain_text("Choose a picture first")


def test_it_works_without_javascript(browser: Browser, server: Server) -> None:
    context = browser.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    choose(page, encoded(lesion(3), "JPEG"), "a.jpg")
    send(page)
    expect(page.locator("#prediction")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_page_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    choose(page, png_lesion())
    assert overflow(page) <= 0
    send(page)
    expect(page.locator("#prediction")).to_be_visible()
    assert overflow(page) <= 0


def test_no_request_leaves_the_server_and_nothing_is_reported_on_the_console(page: Page, server: Server) -> None:
    requested, complaints = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    choose(page, png_lesion())
    send(page)
    expect(page.locator("#prediction")).to_be_visible()
    assert requested
    assert all(url.startswith((server.url, "data:")) for url in requested)
    assert not complaints


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
