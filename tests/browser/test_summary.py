"""The page of a run as readers open it: a file, on a phone, in the dark, on paper."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from app import create_app
from app.config import Config
from tests.browser.steps import sideways
from tests.browser.test_accessibility import RULES
from tests.helpers.results import of_file, results_file, row
from tests.helpers.uploads import png_lesion

LONG = "clinic/" + "a-very-long-folder-name-without-any-space/" * 4


@pytest.fixture(scope="module")
def written(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    rows = [row(f"{LONG}{number}.jpg", number / 40) for number in range(40)]
    rows += [
        row(f"{LONG}refused.jpg"),
        row("<b>x</b>.txt", error="The file is empty. Choose it again.", reason="empty"),
    ]
    for seed, p_malignant in ((1, 0.99), (2, 0.98)):
        (folder / f"{seed}.png").write_bytes(png_lesion(seed))
        rows.append(of_file(folder / f"{seed}.png", p_malignant, quality="blurred"))
    rows.append(rows[-1] | {"path": "copy.png", "duplicate_of": rows[-1]["path"]})
    labels = ["path,truth", *(f"{number}.jpg,{int(number > 20 or number == 2)}" for number in range(3, 40))]
    labels += [f"{LONG}{number}.jpg,{int(number == 1)}" for number in range(3)] + [
        "refused.jpg,1",
        "1.png,1",
        "2.png,0",
    ]
    (folder / "labels.csv").write_text("\n".join(labels), encoding="utf-8")
    results = results_file(folder / "results.csv", rows)
    found = (
        create_app(Config(bundle=bundle_folder))
        .test_cli_runner()
        .invoke(
            args=[
                "summarise",
                str(results),
                "--labels",
                str(folder / "labels.csv"),
                "--summary",
                str(folder / "run.html"),
            ]
        )
    )
    assert found.exit_code == 0, found.output
    return (folder / "run.html").as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_phone_and_asks_nobody_for_anything(browser: Browser, written: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 844})
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(written)
    assert page.locator(".pictures img").count() >= 2
    broken = "images => images.filter(image => !image.naturalWidth).length"
    assert page.locator("img").evaluate_all(broken) == 0
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert not sideways(page), width
    found = Axe().run(page, options=RULES)
    assert not found.violations_count, found.generate_report()
    assert [url for url in asked if not url.startswith("data:")] == [written]
    assert not said
    context.close()


def test_no_script_in_it_would_run(browser: Browser, written: str) -> None:
    page = browser.new_page()
    page.goto(written)
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))")
    assert page.evaluate("window.ran") is None
    page.close()


def test_it_prints(browser: Browser, written: str) -> None:
    page = browser.new_page()
    page.goto(written)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")
    page.close()
