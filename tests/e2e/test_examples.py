"""The examples of the API, run as a reader would."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from app.api.keys import digest_of
from app.config import REPOSITORY
from tests.helpers.server import Server, serve
from tests.helpers.uploads import encoded, lesion, truncated_jpeg, unlike_a_lesion

EXAMPLES = REPOSITORY / "examples"


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, Path]:
    """A good one and one that was cut off."""
    good, cut = tmp_path / "good.jpg", tmp_path / "cut.jpg"
    good.write_bytes(encoded(lesion(3), "JPEG"))
    cut.write_bytes(truncated_jpeg())
    return good, cut


def run(*command: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **environment}
    )


def expected(server: Server, picture: Path) -> str:
    answer = requests.post(f"{server.url}/api/predict", files={"image": picture.read_bytes()}, timeout=20).json()
    if answer["probabilities"] is None:
        return str(answer["assessment"])
    return f"{answer['assessment']}: malignant with probability {answer['probabilities']['malignant']:.3f}"


def test_every_example_is_run_here() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_file()} == {"predict.sh", "predict.py", "predict.mjs"}


def test_curl(server: Server, pictures: tuple[Path, Path]) -> None:
    good, cut = pictures
    done = run("sh", EXAMPLES / "predict.sh", good, server.url)
    assert json.loads(done.stdout)["prediction"] in ("benign", "malignant")
    refused = run("sh", EXAMPLES / "predict.sh", cut, server.url)
    assert refused.returncode != 0
    assert json.loads(refused.stdout)["reason"] == "undecodable"


def test_python(server: Server, pictures: tuple[Path, Path], tmp_path: Path) -> None:
    command = (sys.executable, EXAMPLES / "predict.py", *pictures, "--server", server.url)
    done = run(*command, "--heat-map", tmp_path / "heat.png")
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == f"good.jpg {expected(server, pictures[0])}"
    assert second.startswith("cut.jpg not screened: The picture cannot be read.")
    refused = run(sys.executable, EXAMPLES / "predict.py", *[pictures[0]] * 21, "--server", server.url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("These are too many pictures. Send at most 20 pictures at a time")


def test_a_picture_that_cannot_be_assessed_is_told_without_a_probability(server: Server, tmp_path: Path) -> None:
    noise = tmp_path / "noise.png"
    noise.write_bytes(encoded(unlike_a_lesion()["noise"], "PNG"))
    done = run(sys.executable, EXAMPLES / "predict.py", noise, "--server", server.url)
    assert done.stdout == "noise.png cannot_assess\n"
    if shutil.which("node"):
        assert run("node", EXAMPLES / "predict.mjs", noise, server.url).stdout == "cannot_assess\n"


def test_javascript(server: Server, pictures: tuple[Path, Path]) -> None:
    if shutil.which("node") is None:
        pytest.skip("no node here; tests/browser/test_api_page.py runs it in a page")
    good, cut = pictures
    done = run("node", EXAMPLES / "predict.mjs", good, server.url)
    assert done.stdout.strip() == expected(server, good)
    refused = run("node", EXAMPLES / "predict.mjs", cut, server.url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("The picture cannot be read.")


@contextmanager
def fake(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[str]:
    """A server with these answers, one after the other: status, headers, body."""
    remaining = iter(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, body = next(remaining)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


def test_an_answer_of_a_front_is_told_in_a_sentence(pictures: tuple[Path, Path]) -> None:
    for status, headers, body in ((413, {}, b""), (502, {"Content-Type": "text/html"}, b"<h1>Bad Gateway</h1>")):
        with fake(*[(status, headers, body)] * 2) as url:
            python = run(sys.executable, EXAMPLES / "predict.py", pictures[0], "--server", url)
            found = [
                python,
                *([run("node", EXAMPLES / "predict.mjs", pictures[0], url)] if shutil.which("node") else []),
            ]
        for done in found:
            assert done.returncode == 1
            assert done.stderr.startswith("Not screened: http://127.0.0.1:")
            assert f"answered {status} " in done.stderr
            assert done.stderr.count("\n") == 1


def test_python_comes_back_with_a_batch_when_it_is_told_when(pictures: tuple[Path, Path]) -> None:
    result = {"name": "good.jpg", "problem": None, "answer": {"probabilities": None, "assessment": "cannot_assess"}}
    whole = json.dumps({"results": [result]}).encode()
    json_kind = {"Content-Type": "application/json"}
    with fake((503, {"Retry-After": "1"}, b""), (200, json_kind, whole)) as url:
        done = run(sys.executable, EXAMPLES / "predict.py", pictures[0], "--server", url)
    assert done.stdout == "good.jpg cannot_assess\n", done.stderr


def test_all_of_them_send_a_key(pictures: tuple[Path, Path]) -> None:
    key = "lesion_example"
    with serve(LESION_API_KEYS=f"clinic:{digest_of(key)}", WORKERS="1") as locked:
        for command in (
            ("sh", EXAMPLES / "predict.sh", pictures[0], locked.url),
            (sys.executable, EXAMPLES / "predict.py", pictures[0], "--server", locked.url),
            *([("node", EXAMPLES / "predict.mjs", pictures[0], locked.url)] if shutil.which("node") else []),
        ):
            assert run(*command).returncode != 0
            assert run(*command, LESION_API_KEY=key).returncode == 0
