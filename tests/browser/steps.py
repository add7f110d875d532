"""What a person does on the pages."""

from typing import Any

import requests
from playwright.sync_api import Page, expect

from tests.helpers.server import Server
from tests.helpers.uploads import png_lesion

PHOTOS = "Photos of lesions"


def choose(page: Page, *uploads: tuple[str, bytes]) -> None:
    page.goto("/")
    page.locator("#image").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": upload} for name, upload in uploads]
    )


def send(page: Page) -> None:
    page.get_by_role("button", name="Screen", exact=True).click()


def screen(page: Page, *uploads: tuple[str, bytes]) -> None:
    """Chooses, sends and waits for the answer."""
    choose(page, *(uploads or (("lesion.png", png_lesion()),)))
    send(page)
    expect(page.get_by_role("heading", level=1, name="Result")).to_be_visible()


def answer_of(server: Server, upload: bytes) -> dict[str, Any]:
    response = requests.post(f"{server.url}/api/predict", files={"image": ("a.png", upload)}, timeout=20)
    body: dict[str, Any] = response.json()
    return body


def percent(share: float) -> str:
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 < share < 1 else f"{share * 100:.1f} %"


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
