"""WCAG by axe-core on every page in both themes; narrow windows; what leaves the server."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.web.information import PAGES
from tests.browser.steps import choose, screen, send, sideways
from tests.helpers.server import Server
from tests.helpers.uploads import png_lesion

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SEVERAL = [("one.png", png_lesion(1)), ("two.png", png_lesion(2)), ("bad.png", b"no picture")]


def opened(page: Page) -> None:
    screen(page)
    page.get_by_text("The preprocessing of this picture, stage by stage").click()
    page.get_by_label("Outline of the ROI stage").check()


def compared(page: Page) -> None:
    screen(page, *SEVERAL)
    page.get_by_label("Compare one.png").check()
    page.get_by_label("Compare two.png").check()


def refused(page: Page) -> None:
    choose(page, SEVERAL[2])
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("not an accepted")


STATES: dict[str, Callable[[Page], object]] = {
    **{address: lambda page, address=address: page.goto(address) for address in PAGES},
    "api": lambda page: page.goto("/api/docs"),
    "not found": lambda page: page.goto("/nowhere"),
    "chosen": lambda page: choose(page, *SEVERAL[:2]),
    "refused": refused,
    "result": opened,
    "several": lambda page: screen(page, *SEVERAL),
    "compared": compared,
}


@pytest.fixture
def server(outlining: Server) -> Server:
    """The one whose page shows the most."""
    return outlining


@pytest.fixture(params=["light", "dark"])
def themed(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    opened = browser.new_context(base_url=server.url, color_scheme=request.param, reduced_motion="reduce")
    yield opened.new_page()
    opened.close()


def test_axe_finds_no_violation_on_any_page(themed: Page) -> None:
    found = {}
    for name, reach in STATES.items():
        reach(themed)
        response = Axe().run(themed, options=RULES)
        if response.violations_count:
            found[name] = response.generate_report()
    assert not found, "\n".join(f"{name}: {report}" for name, report in found.items())


def test_the_dark_theme_is_dark(browser: Browser, server: Server) -> None:
    for scheme, dark in (("light", False), ("dark", True)):
        context = browser.new_context(base_url=server.url, color_scheme=scheme)
        page = context.new_page()
        page.goto("/")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        level = sum(int(part) for part in colour.strip("rgb()").split(",")) / 3
        assert (level < 60) is dark, colour
        context.close()


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_page_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for name, reach in STATES.items():
        reach(page)
        assert sideways(page) <= 0, name


@pytest.mark.parametrize("code", ["es", "de", "bn"])
def test_no_language_makes_a_narrow_page_scroll_sideways(browser: Browser, server: Server, code: str) -> None:
    context = browser.new_context(base_url=server.url, locale=code, viewport={"width": 320, "height": 800})
    page = context.new_page()
    for address in PAGES:
        page.goto(address)
        assert sideways(page) <= 0, address
    for uploads, shown in ((SEVERAL[:1], ".verdict"), (SEVERAL, ".overview")):
        choose(page, *uploads)
        page.locator("#upload [type=submit]").click()
        expect(page.locator(shown)).to_be_visible()
        assert sideways(page) <= 0, shown
    context.close()


def test_no_request_leaves_the_server_and_nothing_is_reported_on_the_console(page: Page, server: Server) -> None:
    requested, complaints = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name, reach in STATES.items():
        if name not in {"refused", "not found"}:  # a browser reports the status of these
            reach(page)
    assert len(requested) > 20
    assert all(url.startswith((server.url, "data:", f"blob:{server.url}")) for url in requested)
    assert not complaints


def test_the_start_page_is_small(page: Page) -> None:
    sizes = []
    page.on("response", lambda answer: sizes.append(answer.request.sizes()))
    page.goto("/", wait_until="networkidle")
    transferred = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    assert 10_000 < transferred < 150_000
