"""Several pictures: the table, opening one, comparing two, the CSV."""

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.steps import PHOTOS, screen
from tests.helpers.uploads import png_lesion

PICTURES = [(f"{name}.png", png_lesion(seed)) for seed, name in enumerate(("left", "right", "other"), 1)]


def test_one_opens_alone_and_two_side_by_side(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    screen(page, *PICTURES, ("bad.png", b"no picture"))
    articles = page.locator("article")
    expect(articles.locator("visible=true")).to_have_count(0)
    page.get_by_role("link", name="right.png").click()
    expect(page.get_by_role("article", name="right.png")).to_be_visible()
    expect(page.get_by_role("article", name="left.png")).to_be_hidden()
    page.get_by_label("Compare left.png").check()
    page.get_by_label("Compare other.png").check()
    expect(page.get_by_role("article", name="right.png")).to_be_hidden()
    left = page.get_by_role("article", name="left.png").bounding_box()
    other = page.get_by_role("article", name="other.png").bounding_box()
    assert left
    assert other
    assert left["y"] == other["y"]
    assert abs(left["x"] - other["x"]) >= min(left["width"], other["width"])
    expect(page.locator("#compared")).to_have_text("2 pictures side by side below")
    page.get_by_role("link", name="bad.png").click()
    expect(page.get_by_role("article", name="bad.png")).to_contain_text("This is not an accepted image format")
    expect(page.get_by_role("article", name="left.png")).to_be_hidden()


def test_the_table_is_downloaded_as_csv(page: Page) -> None:
    screen(page, *PICTURES)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the table as CSV").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert [row["name"] for row in rows] == [name for name, _ in PICTURES]


def test_without_a_script_one_and_several_pictures_are_screened_opened_and_compared(plain_page: Page) -> None:
    page = plain_page
    screen(page, PICTURES[0])
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator(".with-script").locator("visible=true")).to_have_count(0)
    page.get_by_text("The preprocessing of this picture, stage by stage").click()
    expect(page.locator(".strip")).to_be_visible()
    with page.expect_download():
        page.get_by_role("button", name="Download as PDF").click()
    screen(page, *PICTURES)
    page.get_by_role("link", name="right.png").click()
    expect(page.get_by_role("article", name="right.png")).to_be_visible()
    page.get_by_label("Compare left.png").check()
    page.get_by_label("Compare right.png").check()
    expect(page.locator("article").locator("visible=true")).to_have_count(2)


def test_without_a_script_a_refusal_is_told(plain_page: Page) -> None:
    plain_page.goto("/")
    plain_page.get_by_label(PHOTOS).set_input_files(
        [{"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}]
    )
    plain_page.get_by_role("button", name="Screen", exact=True).click()
    expect(plain_page.get_by_role("alert")).to_contain_text("This is not an accepted image format")
