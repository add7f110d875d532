"""Milliseconds of a prediction by part, and memory of a served worker. Prints JSON.

Pictures are drawn lesions as JPEG, so that the same bytes are measured everywhere.
"""

import json
import os
import statistics
import subprocess
from pathlib import Path

import requests

from app.config import Config
from app.screening.screener import Screener
from tests.helpers.server import serve
from tests.helpers.uploads import encoded, lesion

SIZES = {"224x224": (224, 224), "600x450": (450, 600), "1024x1024": (1024, 1024), "4000x3000": (3000, 4000)}
REPEATS = 60
WARM_UP = 5
REQUESTS = 100


def parts(screener: Screener) -> dict[str, dict[str, float]]:
    """Median milliseconds of each part, one thread, by size of the picture."""
    table = {}
    for name, (height, width) in SIZES.items():
        upload = encoded(lesion(1, height, width), "JPEG", quality=90)
        runs = [screener.screen(upload).timings_ms for _ in range(REPEATS + WARM_UP)][WARM_UP:]
        table[name] = {part: round(statistics.median(run[part] for run in runs), 2) for part in runs[0]}
    return table


def worker_memory() -> dict[str, float]:
    """Megabytes of one worker after REQUESTS pictures: RSS, and PSS where the kernel tells."""
    upload = encoded(lesion(1, 450, 600), "JPEG", quality=90)
    with serve(WORKERS="1") as server:
        for _ in range(REQUESTS):
            requests.post(
                f"{server.url}/api/predict", files={"image": ("a.jpg", upload)}, timeout=20
            ).raise_for_status()
        children = subprocess.run(
            ["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True
        ).stdout.split()
        rollup = Path(f"/proc/{children[0]}/smaps_rollup").read_text(encoding="ascii").splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in rollup[1:]}
    return {"rss_mb": round(found["Rss"], 1), "pss_mb": round(found["Pss"], 1)}


if __name__ == "__main__":
    os.sched_setaffinity(0, {0})
    config = Config.from_environment()
    milliseconds = parts(Screener.from_folder(config.bundle, config.limits))
    print(json.dumps({"milliseconds": milliseconds, "worker": worker_memory()}, indent=2))
