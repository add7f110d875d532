"""Screens pictures with requests (`pip install requests`), all in one batch, and saves the heat map of the first:

python examples/predict.py photo.jpg other.jpg --server http://127.0.0.1:8000 --heat-map heat.png

LESION_API_KEY holds the key where the server asks for one.
"""

import argparse
import base64
import os
import sys
import time
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

    form = [("image", (path.name, path.read_bytes())) for path in arguments.pictures]
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
    """The answer; waits once where the server asks for it, and ends the program where there is none."""
    headers = {"Content-Type": kind} if kind else {}
    response = session.post(address, headers=headers, timeout=60, **body)
    if response.status_code in (429, 503) and (seconds := response.headers.get("Retry-After", "")).isdigit():
        time.sleep(int(seconds))
        response = session.post(address, headers=headers, timeout=60, **body)
    if response.ok:
        return response.json()
    if response.headers.get("Content-Type") != "application/problem+json":
        # Of what stands before the server, which knows nothing of pictures: too large (413), no server behind it (502).
        sys.exit(f"Not screened: {address} answered {response.status_code} {response.reason}.")
    problem = response.json()
    sys.exit(f"{problem['title']}. {problem['detail']} (request {problem['request_id']})")


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
