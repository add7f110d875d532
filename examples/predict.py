"""Screens pictures with requests, all in one batch, and saves the heat map of the first:

python examples/predict.py photo.jpg other.jpg --server http://127.0.0.1:8000 --heat-map heat.png

LESION_API_KEY holds the key where the server asks for one.
"""

import argparse
import base64
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests


def main() -> None:
    """A line for each picture: what to do with it, and why."""
    parser = argparse.ArgumentParser(description="Screens pictures.")
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--server", default="http://127.0.0.1:8000")
    parser.add_argument("--heat-map", type=Path)
    arguments = parser.parse_args()
    session = requests.Session()
    if key := os.environ.get("LESION_API_KEY"):
        session.headers["Authorization"] = f"Bearer {key}"

    with ExitStack() as files:
        form = [("image", (path.name, files.enter_context(path.open("rb")))) for path in arguments.pictures]
        batch = sent(session, f"{arguments.server}/api/predict/batch", files=form)
    for result in batch["results"]:
        print(result["name"], in_words(result))

    if arguments.heat_map:
        # The body may also be the picture alone.
        body = arguments.pictures[0].read_bytes()
        answer = sent(session, f"{arguments.server}/api/predict?explain=1", data=body, kind="image/jpeg")
        if heat_map := answer["explanation"]["heat_map"]:
            arguments.heat_map.write_bytes(base64.b64decode(heat_map.partition(",")[2]))


def sent(session: requests.Session, address: str, kind: str | None = None, **body: Any) -> Any:
    """The answer; waits once where the server asks for it, and ends the program where it refuses."""
    headers = {"Content-Type": kind} if kind else {}
    response = session.post(address, headers=headers, timeout=60, **body)
    if response.status_code in (429, 503) and "data" in body:
        time.sleep(int(response.headers["Retry-After"]))
        response = session.post(address, headers=headers, timeout=60, **body)
    if not response.ok:
        problem = response.json()
        sys.exit(f"{problem['title']}. {problem['detail']} (request {problem['request_id']})")
    return response.json()


def in_words(result: dict[str, Any]) -> str:
    """What to do. `assessment` decides, and never `prediction`."""
    if problem := result["problem"]:
        return f"not screened: {problem['title']}. {problem['detail']}"
    answer = result["answer"]
    if answer["probabilities"] is None:
        return str(answer["assessment"])
    return f"{answer['assessment']}: malignant with probability {answer['probabilities']['malignant']:.3f}"


if __name__ == "__main__":
    main()
