"""How fast the pages are in a real browser on this machine: first paint, bytes, and the way to one result.

Run it on an idle machine: python -m bench.pages
"""

import argparse
import json
import statistics
import sys

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Response, sync_playwright

from app.screening.synthetic import draw_lesion
from tests.helpers.browser import ARGUMENTS, chromium
from tests.helpers.server import serve
from tests.helpers.uploads import encoded

REPEATS = 15
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
ANSWERED = """async () => {
    const started = performance.now();
    document.querySelector('#upload [type=submit]').click();
    while (!document.querySelector('.answer')) await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => requestAnimationFrame(done));
    return performance.now() - started;
}"""


def main() -> None:
    """Prints the medians and the 90th percentiles as JSON."""
    argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__).parse_args()
    if (path := chromium()) is None:
        sys.exit("no Chromium on the PATH")
    photo = encoded(Image.fromarray(draw_lesion(3, 450, 600)), "JPEG", quality=90)
    with serve() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        empty, sizes = first_paints(browser, server.url, kept=False)
        kept, _ = first_paints(browser, server.url, kept=True)
        answers = [answered(browser, server.url, photo) for _ in range(REPEATS)]
        browser.close()
    found = {
        "first_contentful_paint_ms": {"empty cache": spread(empty), "second visit": spread(kept)},
        "transferred_bytes": max(sizes),
        "photo": f"600×450 JPEG, {len(photo)} bytes",
        "result_on_page_ms": spread(answers),
        "repeats": REPEATS,
    }
    print(json.dumps(found, indent=1, ensure_ascii=False))


def first_paints(browser: Browser, url: str, *, kept: bool) -> tuple[list[float], list[int]]:
    """Of each load of the start page, in a tab that is already open: milliseconds to the first contentful paint, bytes.

    Args:
        browser: running.
        url: of the server.
        kept: whether the browser may use the files that it kept from the load before.
    """
    context = browser.new_context()
    page = context.new_page()
    tab = context.new_cdp_session(page)
    tab.send("Network.enable")
    tab.send("Network.setCacheDisabled", {"cacheDisabled": not kept})
    paints: list[float] = []
    sizes: list[int] = []
    for load in range(REPEATS + 2):
        answers: list[Response] = []
        page.on("response", lambda answer, found=answers: found.append(answer))
        page.goto(url, wait_until="networkidle")
        page.wait_for_function(f"{PAINT} !== null")
        if load >= 2:  # the first ones start the browser's own processes
            paints.append(float(page.evaluate(PAINT)))
            measured = [answer.request.sizes() for answer in answers]
            sizes.append(sum(size["responseBodySize"] + size["responseHeadersSize"] for size in measured))
    context.close()
    return paints, sizes


def answered(browser: Browser, url: str, photo: bytes) -> float:
    """Milliseconds from the click to the result on the page."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    page.set_input_files("#image", [{"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo}])
    elapsed = float(page.evaluate(ANSWERED))
    context.close()
    return elapsed


def spread(values: list[float] | tuple[float, ...]) -> dict[str, float]:
    """Median and 90th percentile."""
    return {"median": round(statistics.median(values), 1), "p90": round(float(np.percentile(values, 90)), 1)}


if __name__ == "__main__":
    main()
