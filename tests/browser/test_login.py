"""The login in a real browser against a real server with two workers; and what another site's page can do."""

import http.server
import threading
from collections.abc import Iterator

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.access.options import entry
from tests.browser.steps import choose, send, sideways
from tests.browser.test_accessibility import RULES
from tests.helpers.logins import ACCOUNT, NAME, PASSWORD
from tests.helpers.server import Server, serve
from tests.helpers.uploads import png_lesion


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    with serve(WORKERS="2", LESION_LOGIN=entry(ACCOUNT)) as running:
        yield running


@pytest.fixture
def inside(browser: Browser, locked: Server) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=locked.url)
    yield opened
    opened.close()


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Name of the account").fill(NAME)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_clinician_logs_in_screens_and_logs_out_and_a_copy_of_the_cookie_is_worth_nothing(
    inside: BrowserContext, locked: Server
) -> None:
    page = inside.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto("/help")
    assert not Axe().run(page, options=RULES).violations_count
    page.set_viewport_size({"width": 320, "height": 700})
    assert sideways(page) <= 0
    log_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Help")
    assert sideways(page) <= 0
    assert not complaints
    choose(page, ("lesion.png", png_lesion()))
    send(page)
    expect(page.get_by_role("heading", level=1, name="Result")).to_be_visible()
    cookie = next(entry for entry in inside.cookies() if entry["name"] == "session")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    stolen = {"session": cookie["value"]}
    assert all(_enters(locked, stolen) for _ in range(6)), "whichever worker is asked"
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    assert not any(_enters(locked, stolen) for _ in range(6)), "whichever worker is asked"


def _enters(server: Server, cookies: dict[str, str]) -> bool:
    return requests.get(f"{server.url}/help", cookies=cookies, timeout=10, allow_redirects=False).status_code == 200


def test_a_wrong_password_is_told_on_the_page(inside: BrowserContext) -> None:
    page = inside.new_page()
    page.goto("/")
    log_in(page, "something else")
    expect(page.get_by_role("alert")).to_contain_text("The name or the password is wrong")
    expect(page.get_by_label("Password")).to_have_value("")
    assert not Axe().run(page, options=RULES).violations_count


def test_whose_login_has_ended_logs_in_beside_and_loses_no_picture(inside: BrowserContext) -> None:
    page = inside.new_page()
    page.goto("/")
    log_in(page)
    choose(page, ("lesion.png", png_lesion()))
    inside.clear_cookies()
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("You are not logged in, or no longer")
    expect(page.locator("#chosen li")).to_have_count(1)
    with inside.expect_page() as opened:
        page.get_by_role("link", name="Log in in another window").click()
    log_in(opened.value)
    expect(opened.value.locator("#upload")).to_be_visible()
    send(page)
    expect(page.get_by_role("heading", level=1, name="Result")).to_be_visible()


def test_behind_tls_the_cookie_has_the_prefix_and_its_flags(locked: Server) -> None:
    front = {"X-Forwarded-Proto": "https"}
    with requests.Session() as client:
        page = client.get(f"{locked.url}/login", headers=front, timeout=10)
        cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


ATTACK = """<!doctype html><title>other</title>
<form method="post" enctype="multipart/form-data" action="{url}/api/predict"><input name="image" value="x">
<button>send</button></form>"""


@pytest.fixture
def other_site(server: Server) -> Iterator[str]:
    """A page of another origin that sends a form here."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = ATTACK.format(url=server.url).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    running = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


def test_the_form_of_another_site_is_refused(page: Page, server: Server, other_site: str) -> None:
    page.goto(other_site)
    with page.expect_response(f"{server.url}/api/predict") as answer:
        page.get_by_role("button", name="send").click()
    assert answer.value.status == 403
    assert answer.value.request.all_headers()["sec-fetch-site"] in ("same-site", "cross-site")
    assert "foreign_page" in page.content()
