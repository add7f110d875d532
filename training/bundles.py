"""Writes model bundles: what `app.screening.bundle` reads and verifies."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from app.config import DEFAULT_BUNDLE
from app.screening.bundle import MANIFEST, MANIFEST_DIGEST, MODEL_FILE, load_bundle
from training.datasets.manifests import SplitIdentity
from training.errors import TrainingError
from training.recipe import Recipe

OWN_FILES = (MANIFEST, MANIFEST_DIGEST)
MAX_KERAS_DIFFERENCE = 5e-3
"""Of a class probability between the Keras model and the .tflite file.

Half precision makes half of it in the 27 layers of our own student. What it is there to find is larger: mirror images
that the runtime made otherwise came to 0.039."""

PREDICTIONS = "test_predictions.csv"
"""In the run folder: a row a test image."""

EVALUATION = "evaluation.json"
"""In the run folder: all that was measured on the test part."""

MAX_MODEL_BYTES = round(469.77 * 1000)
"""The size limit of the published student's fp16 file, 469.77 KB with 1 KB = 1,000 bytes."""


SERVED_SCHEMES = ("clinical", "isic2019", "seven")
"""Those that count as malignant what a clinician has to act on (training/datasets/schemes.py)."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a bundle. Raises TrainingError with the verb that makes one."""
    path = folder / MANIFEST
    if not path.is_file():
        raise TrainingError(f"{path} does not exist; `python -m training export` writes it")
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def shipped_bundles(model_store: Path = DEFAULT_BUNDLE.parent) -> list[Path]:
    """The folders of all bundles that are shipped, by name."""
    return sorted(path.parent for path in model_store.glob(f"*/{MANIFEST}"))


def require_bundle(folder: Path, recipe: Recipe, split: SplitIdentity) -> dict[str, Any]:
    """The manifest of a bundle, after seeing to it that it is of this recipe, data and split.

    Raises:
        TrainingError: there is none, or it is of another; measuring that would use pictures that it was trained on.
    """
    if not (folder / MANIFEST).is_file():
        raise TrainingError(f"{folder} holds no bundle; run `export` first, or name --out")
    manifest = read_manifest(folder)
    training = manifest["training"]
    same = recipe.trains_as(Recipe.from_dict(training["recipe"])) and manifest["version"] == recipe.version
    if not same or (training["data_sha256"], training["split_sha256"]) != (split.data_sha256, split.split_sha256):
        raise TrainingError(f"{folder} was made of another recipe, data set or split; run `export` again")
    return manifest


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Writes the manifest with size and SHA-256 of every other file in the folder, and loads it as the app would."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in OWN_FILES)
    manifest["files"] = {
        path.relative_to(folder).as_posix(): {
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
        for path in files
    }
    content = (json.dumps(manifest, indent=2, allow_nan=False) + "\n").encode()
    (folder / MANIFEST).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (folder / MANIFEST_DIGEST).write_text(f"{digest}  {MANIFEST}\n", encoding="ascii")
    load_bundle(folder)


def why_not_served(folder: Path) -> str | None:
    """Why a bundle is for study and not for `model_store`; None where it may be served."""
    manifest = read_manifest(folder)
    if (scheme := manifest["training"]["recipe"]["scheme"]) not in SERVED_SCHEMES:
        return f"the label scheme {scheme!r} calls lesions benign, or malignant, that clinicians do not"
    if (size := manifest["files"][MODEL_FILE]["bytes"]) > MAX_MODEL_BYTES:
        return f"{folder / MODEL_FILE} has {size:,} bytes; what is shipped has {MAX_MODEL_BYTES:,} at most"
    return None


def release(folder: Path, model_store: Path) -> Path:
    """Copies a finished bundle to `model_store`/<name>, in the place of an older one.

    Raises:
        TrainingError: it is not for serving, has no calibration, no gate or no test metrics yet, or the .tflite file
            differs from Keras.
    """
    manifest = read_manifest(folder)
    if reason := why_not_served(folder):
        raise TrainingError(reason)
    if not (manifest["calibration"] and manifest["gate"] and "gate" in manifest["metrics"]):
        raise TrainingError(f"{folder} is not finished: run `calibrate`, `gate` and `evaluate` first")
    parity = manifest["metrics"]["keras_tflite"]
    if parity["largest_difference"] > MAX_KERAS_DIFFERENCE or parity["same_decision"] < parity["images"]:
        raise TrainingError(f"the .tflite file does not answer as Keras does: {parity}")
    target = model_store / load_bundle(folder).name
    beside = target.with_name(f"{target.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(folder, beside)
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    return target
