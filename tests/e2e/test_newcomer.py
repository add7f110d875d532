"""`make run` in a copy of the checkout, with nothing set up: what a newcomer gets."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import requests

from app.config import REPOSITORY
from tests.helpers.server import Server, free_port, wait_until_ready
from tests.helpers.uploads import png_lesion

NOT_IN_A_CLONE = shutil.ignore_patterns(".git", ".venv*", "runs", "__pycache__", ".*_cache")
SET_UP_SECONDS = 240


def test_make_run_sets_up_and_serves(tmp_path: Path) -> None:
    clone = Path(shutil.copytree(REPOSITORY, tmp_path / "clone", ignore=NOT_IN_A_CLONE))
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    subprocess.run(["make", ".venv/ready"], cwd=clone, env=environment, check=True, timeout=SET_UP_SECONDS)
    assert not list(clone.glob(".venv/lib/python*/site-packages/tensorflow"))
    port, log = free_port(), tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env={**environment, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = Server(f"http://127.0.0.1:{port}", process, log)
        wait_until_ready(server.url, process, log)
        answer = requests.post(f"{server.url}/api/predict", files={"image": ("a.png", png_lesion())}, timeout=20)
        assert answer.json()["prediction"] in ("benign", "malignant")
        assert f"http://127.0.0.1:{port}" in log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def test_make_says_what_is_missing_without_a_usable_python() -> None:
    result = subprocess.run(
        ["make", "run", "PYTHON="], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=30
    )
    assert result.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed" in result.stdout
