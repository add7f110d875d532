"""The system's Chromium, driven by Playwright."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import skip_or_fail
from tests.helpers.browser import ARGUMENTS, NAMES, chromium
from tests.helpers.server import Server, serve
from tests.helpers.stages import with_all_stages


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if (path := chromium()) is None:
        skip_or_fail(f"no browser: none of {', '.join(NAMES)} is on the PATH (apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def outlining(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a bundle that has all six stages, whatever the default one has."""
    with serve(LESION_BUNDLE=str(with_all_stages(tmp_path_factory.mktemp("stages") / "bundle"))) as running:
        yield running


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
