"""The whole chain over HTTP: a real gunicorn answers what the .tflite file gives offline."""

import importlib
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
from tests.helpers.uploads import encoded, huge_one_bit_png, lesion, png_lesion, truncated_jpeg


def predict(server: Server, upload: bytes, name: str = "photo.jpg") -> requests.Response:
    return requests.post(f"{server.url}/api/predict", files={"image": (name, upload)}, timeout=30)


def offline(folder: Path, upload: bytes) -> dict[str, float]:
    """{class code: calibrated probability}, by the interpreter itself and not through Screener or TFLiteModel."""
    bundle = load_bundle(folder)
    interpreter = importlib.import_module(f"{installed_backends()[0]}.interpreter").Interpreter(
        model_path=str(folder / "model.tflite")
    )
    interpreter.allocate_tensors()
    picture = preprocess(decode(upload, DecodeLimits()), bundle.preprocess)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[np.newaxis])
    interpreter.invoke()
    raw = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    decision = decide(raw, [label.malignant for label in bundle.classes], bundle.calibration)
    return dict(zip([label.code for label in bundle.classes], decision.class_probabilities, strict=True))


def served(body: dict[str, Any]) -> dict[str, float]:
    return {entry["code"]: entry["probability"] for entry in body["classes"]}


def test_real_images_get_the_offline_answer(server: Server, bundle_folder: Path, real_images: Sequence[Path]) -> None:
    for path in real_images:
        upload = path.read_bytes()
        response = predict(server, upload, path.name)
        assert response.status_code == 200
        assert served(response.json()) == pytest.approx(offline(bundle_folder, upload), abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_drawn_lesions_get_the_offline_answer(server: Server, bundle_folder: Path, seed: int, file_format: str) -> None:
    upload = encoded(lesion(seed, 450, 600), file_format)
    response = predict(server, upload)
    assert response.status_code == 200
    assert served(response.json()) == pytest.approx(offline(bundle_folder, upload), abs=1e-4)


def test_a_photo_of_12_megapixels_is_answered(server: Server) -> None:
    assert predict(server, encoded(lesion(1, 3000, 4000), "JPEG")).status_code == 200


def test_many_at_once_get_the_answers_that_each_gets_alone(server: Server) -> None:
    uploads = [png_lesion(seed) for seed in range(12)]
    alone = [served(predict(server, upload).json()) for upload in uploads]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda upload: served(predict(server, upload).json()), uploads * 5))
    assert together == alone * 5


@pytest.mark.parametrize(
    ("upload", "status"),
    [
        pytest.param(truncated_jpeg(), 422, id="truncated-jpeg"),
        pytest.param(b"a text that calls itself a photo", 415, id="text-renamed-jpg"),
        pytest.param(huge_one_bit_png(), 422, id="81-megapixel-png"),
        pytest.param(b"", 422, id="empty-file"),
        pytest.param(b"\0" * 15_000_001, 413, id="a-byte-too-many"),
        pytest.param(b"\0" * 40_000_000, 413, id="40-MB"),
    ],
)
def test_a_bad_upload_gets_its_status_and_the_next_request_is_fine(server: Server, upload: bytes, status: int) -> None:
    response = predict(server, upload)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "prediction" not in response.json()
    assert predict(server, png_lesion()).status_code == 200


def test_no_file_is_400(server: Server) -> None:
    assert requests.post(f"{server.url}/api/predict", timeout=10).status_code == 400
    assert requests.post(f"{server.url}/api/predict", data={"image": ""}, timeout=10).status_code == 400


def test_nothing_of_a_picture_is_in_the_log(server: Server) -> None:
    predict(server, truncated_jpeg(), "Jane-Doe-1970.jpg")
    predict(server, png_lesion(), "Jane-Doe-1970.jpg")
    assert "Jane-Doe" not in server.log.read_text()


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest"])
def test_the_server_refuses_to_start_with_a_damaged_bundle(bundle_folder: Path, tmp_path: Path, damage: str) -> None:
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "bundle"))
    model = folder / "model.tflite"
    if damage == "missing":
        model.unlink()
    elif damage == "changed":
        model.write_bytes(model.read_bytes()[:-1] + b"\0")
    else:
        manifest = folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    result = start_and_fail(LESION_BUNDLE=str(folder))
    assert result.returncode != 0
    assert "Lesion Screening does not start" in result.stderr
    assert ("manifest.json" if damage == "manifest" else "model.tflite") in result.stderr
    assert "Traceback" not in result.stderr


def test_the_server_refuses_to_start_with_a_wrong_setting() -> None:
    result = start_and_fail(LESION_MAX_UPLOAD_MB="lots")
    assert result.returncode != 0
    assert "LESION_MAX_UPLOAD_MB must be a number" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_server_stops_on_sigterm() -> None:
    with serve() as running:
        running.process.terminate()
        assert running.process.wait(timeout=20) == 0


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
