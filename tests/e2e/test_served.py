"""The whole chain over HTTP: a real gunicorn answers what the .tflite file gives offline."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from app.config import REPOSITORY
from app.screening.bundle import load_bundle
from app.screening.decision import decide
from app.screening.decode import DecodeLimits, decode
from app.screening.preprocess import preprocess
from app.screening.runtime import installed_backends
from tests.helpers.server import Server, free_port, serve
from tests.helpers.uploads import encoded, lesion, png_lesion
from training.bundles import write_manifest


def predict(server: Server, upload: bytes, name: str = "photo.jpg") -> requests.Response:
    return requests.post(f"{server.url}/api/predict", files={"image": (name, upload)}, timeout=30)


def offline(folder: Path, upload: bytes) -> dict[str, float]:
    """{class code: calibrated probability}, by the interpreter itself and not through Screener or TFLiteModel."""
    bundle = load_bundle(folder)
    interpreter = importlib.import_module(f"{installed_backends()[0]}.interpreter").Interpreter(
        model_path=str(folder / "model.tflite")
    )
    picture = preprocess(decode(upload, DecodeLimits()), bundle.preprocess)
    raw = interpreter.get_signature_runner()(picture=picture[np.newaxis])["probabilities"][0]
    decision = decide(raw, [label.malignant for label in bundle.classes], bundle.calibration)
    return dict(zip([label.code for label in bundle.classes], decision.class_probabilities, strict=True))


def served(body: dict[str, Any]) -> dict[str, float]:
    return {entry["code"]: entry["probability"] for entry in body["classes"]}


def assert_offline_answer(body: dict[str, Any], folder: Path, upload: bytes) -> None:
    """The same probabilities as offline, or none at all where the gate refuses."""
    if body["assessment"] == "cannot_assess":
        assert served(body) == {}
    else:
        assert served(body) == pytest.approx(offline(folder, upload), abs=1e-4)


def test_real_images_get_the_offline_answer(server: Server, bundle_folder: Path, real_images: Sequence[Path]) -> None:
    refused = 0
    for path in real_images:
        upload = path.read_bytes()
        response = predict(server, upload, path.name)
        assert response.status_code == 200
        refused += response.json()["assessment"] == "cannot_assess"
        assert_offline_answer(response.json(), bundle_folder, upload)
    assert refused <= len(real_images) // 5


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_drawn_lesions_get_the_offline_answer(server: Server, bundle_folder: Path, seed: int, file_format: str) -> None:
    upload = encoded(lesion(seed, 450, 600), file_format)
    response = predict(server, upload)
    assert response.status_code == 200
    assert_offline_answer(response.json(), bundle_folder, upload)


def test_a_photo_of_12_megapixels_is_answered(server: Server) -> None:
    assert predict(server, encoded(lesion(1, 3000, 4000), "JPEG")).status_code == 200


def test_many_at_once_get_the_answers_that_each_gets_alone(server: Server) -> None:
    uploads = [png_lesion(seed) for seed in range(12)]
    alone = [served(predict(server, upload).json()) for upload in uploads]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda upload: served(predict(server, upload).json()), uploads * 5))
    assert together == alone * 5


def test_no_file_is_400(server: Server) -> None:
    assert requests.post(f"{server.url}/api/predict", timeout=10).status_code == 400
    assert requests.post(f"{server.url}/api/predict", data={"image": ""}, timeout=10).status_code == 400


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest", "unfit", "crashing"])
def test_the_server_refuses_to_start_with_a_damaged_bundle(bundle_folder: Path, tmp_path: Path, damage: str) -> None:
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "bundle"))
    model = folder / "model.tflite"
    if damage == "missing":
        model.unlink()
    elif damage == "changed":
        model.write_bytes(model.read_bytes()[:-1] + b"\0")
    elif damage == "manifest":
        manifest = folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"malignant": true', '"malignant": false'))
    else:
        manifest = json.loads((folder / "manifest.json").read_text())
        if damage == "unfit":
            manifest["outputs"]["map"] = [1, 7, 7]
        else:  # signed anew, so that only the library can find out, which reads outside of the file
            content = model.read_bytes()
            model.write_bytes(content[: len(content) // 2] + b"\xc0\x7f" * (len(content) // 4))
        write_manifest(folder, manifest)
    result = start_and_fail(LESION_BUNDLE=str(folder))
    assert result.returncode != 0
    assert "Lesion Screening does not start" in result.stderr
    named = {"manifest": "manifest.json", "crashing": "model.tflite|LESION_BUNDLE"}.get(damage, "model.tflite")
    assert re.search(named, result.stderr)
    assert "Traceback" not in result.stderr


def test_the_server_refuses_to_start_with_a_wrong_setting() -> None:
    result = start_and_fail(LESION_MAX_UPLOAD_MB="lots")
    assert result.returncode != 0
    assert "LESION_MAX_UPLOAD_MB must be a number" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("name", "value"), [("WORKERS", "many"), ("PORT", "http"), ("THREADS", "0")])
def test_the_server_refuses_a_wrong_number_with_a_sentence(name: str, value: str) -> None:
    result = start_and_fail(**{name: value})
    assert result.returncode != 0
    assert f"{name} must be a whole number above 0, not '{value}'" in result.stderr
    assert "Traceback" not in result.stderr


def test_workers_share_a_key_even_where_the_setting_is_empty() -> None:
    with serve(LESION_SECRET_KEY="", WORKERS="2") as running:
        for _ in range(12):
            with requests.Session() as browser:
                page = browser.get(running.url, timeout=10).text
                token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
                assert token
                form = {"csrf_token": token[1]}
                files = {"image": ("a.png", png_lesion())}
                answer = browser.post(f"{running.url}/result", data=form, files=files, timeout=20)
                assert answer.status_code == 200


def start_and_fail(**settings: str) -> "subprocess.CompletedProcess[str]":
    import os

    return subprocess.run(
        [sys.executable, "-m", "gunicorn", "wsgi:app"],
        cwd=REPOSITORY,
        env={**os.environ, "PORT": str(free_port()), **settings},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
