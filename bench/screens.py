"""Pictures of the pages for the README, with drawn lesions only.

`python -m bench.screens FOLDER` writes them there; without a folder into docs/screens.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from app.config import DEFAULT_BUNDLE, REPOSITORY
from app.screening.screener import Screener
from tests.helpers.browser import ARGUMENTS, chromium
from tests.helpers.server import serve
from tests.helpers.uploads import encoded, lesion

SIZES = {"phone": (375, 760), "desktop": (1280, 800)}
SEEDS = range(60)


def main() -> None:
    """Writes NAME-SIZE-THEME.jpg into the folder."""
    parser = argparse.ArgumentParser(prog="python -m bench.screens", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=REPOSITORY / "docs" / "screens", metavar="FOLDER")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    if (path := chromium()) is None:
        sys.exit("no Chromium on the PATH")
    uploads = drawn()
    with serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        for size, (width, height) in SIZES.items():
            for theme in ("light", "dark"):
                take(browser, server.url, (width, height), theme, uploads, folder / f"{{}}-{size}-{theme}.jpg")
        browser.close()


def drawn() -> list[dict[str, object]]:
    """Drawn lesions as uploads, the one with the highest probability of malignancy first."""
    screener = Screener.from_folder(DEFAULT_BUNDLE)
    found = {seed: screener.screen(encoded(lesion(seed, 450, 600), "PNG")).p_malignant or 0 for seed in SEEDS}
    chosen = sorted(found, key=lambda seed: -found[seed])[:4]
    return [
        {"name": f"drawn-{seed}.jpg", "mimeType": "image/jpeg", "buffer": encoded(lesion(seed, 450, 600), "JPEG")}
        for seed in chosen
    ]


def take(
    browser: Browser, url: str, size: tuple[int, int], theme: str, uploads: list[dict[str, object]], name: Path
) -> None:
    """Goes through the pages and takes their pictures."""
    context = browser.new_context(
        base_url=url, viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce"
    )
    page = context.new_page()

    def picture(of: str) -> None:
        page.screenshot(path=str(name).format(of), full_page=True, type="jpeg", quality=72)

    page.goto("/")
    picture("start")
    send(page, uploads[:1])
    for switch in page.locator(".viewer [role=switch]").all():
        switch.check()
    page.locator("details.stages summary").click()
    picture("result")
    send(page, uploads)
    picture("several")
    for pick in page.locator(".pick").all()[:2]:
        pick.check()
    picture("compare")
    for address in ("/how-it-works", "/model-card", "/limits-and-privacy", "/help"):
        page.goto(address)
        picture(address.strip("/"))
    context.close()


def send(page: Page, uploads: list[dict[str, object]]) -> None:
    """Chooses and sends pictures, and waits for the answer."""
    page.goto("/")
    page.set_input_files("#image", uploads)
    page.locator("#upload [type=submit]").click()
    page.locator(".answer").first.wait_for(state="attached")


if __name__ == "__main__":
    main()
