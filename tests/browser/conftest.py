"""The system's Chromium, driven by Playwright."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import skip_or_fail
from tests.helpers.browser import ARGUMENTS, NAMES, chromium
from tests.helpers.server import Server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if (path := chromium()) is None:
        skip_or_fail(f"no browser: none of {', '.join(NAMES)} is on the PATH (apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=server.url)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def plain_page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a browser whose scripts are switched off."""
    opened = browser.new_context(base_url=server.url, java_script_enabled=False)
    yield opened.new_page()
    opened.close()
