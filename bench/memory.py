"""Memory of a server with two workers while many send large pictures at once, and afterwards.

`python -m bench.memory` writes docs/figures/memory.json, of which `python -m training report` makes the table in
docs/operations.md. All processes together, by their proportional share (PSS), at the peak. Linux only.
"""

import argparse
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import numpy as np
import requests
from PIL import Image

from app.config import REPOSITORY
from app.screening.synthetic import draw_lesion
from bench.processes import pss_together
from tests.helpers.server import Server, serve
from tests.helpers.uploads import encoded, lesion

OUT = REPOSITORY / "docs" / "figures" / "memory.json"
WORKERS = 2
CLIENTS = 32
SETTINGS = {"image": {"LESION_UPLOADS_MB": "61", "LESION_DECODE_MB": "75"}, "defaults": {}}
"""The image's limits, as the Dockerfile has them, and the defaults."""


def pictures() -> Iterator[tuple[str, bytes, int]]:
    """What is sent: in words, the file, how often."""
    yield "photos of 12 megapixels (JPEG)", encoded(lesion(1, 3000, 4000), "JPEG", quality=95), 64
    noise = np.random.default_rng(0).integers(0, 255, (2200, 2200, 3), dtype=np.uint8)
    yield "pictures of 14.5 MB (PNG)", encoded(Image.fromarray(noise), "PNG"), 48
    # A drawn lesion, four rows and four columns of it: large, and yet a small file.
    for megapixels, side in ((24, 1224), (49, 1750)):
        wide = np.tile(draw_lesion(1, side, side), (4, 4, 1))
        yield (
            f"pictures of {megapixels} megapixels (PNG)",
            encoded(Image.fromarray(wide).quantize(64).convert("RGB"), "PNG"),
            12,
        )


@contextmanager
def peak(server: Server) -> Iterator[list[float]]:
    """Fills the list with readings of `pss_together`, 50 a second, until it is left."""
    readings = [pss_together(server.process.pid)]
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.02):
            readings.append(pss_together(server.process.pid))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield readings
    finally:
        done.set()
        reader.join()


def measure(settings: dict[str, str]) -> list[dict[str, float | str | int]]:
    """A row for each kind of picture, between one at rest and one afterwards."""
    rows: list[dict[str, float | str | int]] = []
    with serve(WORKERS=str(WORKERS), **settings) as server, ThreadPoolExecutor(CLIENTS) as clients:
        url = f"{server.url}/api/predict"

        def send(upload: bytes) -> int:
            with suppress(requests.ConnectionError):
                return requests.post(url, files={"image": ("a", upload)}, timeout=120).status_code
            return 0

        rows.append({"when": "at rest", "mb": round(pss_together(server.process.pid))})
        for words, upload, times in pictures():
            with peak(server) as readings:
                statuses = list(clients.map(send, [upload] * times))
            rows.append(
                {
                    "when": f"{times} {words}, {CLIENTS} at a time",
                    "mb": round(max(readings)),
                    "answered": statuses.count(200),
                    "refused": sum(status in (413, 422) for status in statuses),
                    "busy": statuses.count(503),
                }
            )
        time.sleep(1)
        rows.append({"when": "afterwards", "mb": round(pss_together(server.process.pid))})
    return rows


def main() -> None:
    """Writes the figures."""
    argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__).parse_args()
    found = {"workers": WORKERS, **{name: measure(settings) for name, settings in SETTINGS.items()}}
    OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(OUT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
