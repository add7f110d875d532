"""Bundles that were damaged, mixed up or tampered with: not one of them is loaded."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.screening.bundle import BundleRejected
from app.screening.runtime import load_interpreter
from app.screening.screener import Screener
from tests.helpers.recorded import record
from training.bundles import OWN_FILES, write_manifest

FLIPS = 60


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def other_weights(folder: Path, change: Callable[[np.ndarray], object]) -> None:
    """Changes the largest weights in the model file, which stays a model file, and signs the bundle anew."""
    model = folder / "model.tflite"
    content = bytearray(model.read_bytes())
    interpreter = load_interpreter(bytes(content))
    stored = [details for details in interpreter.get_tensor_details() if details["dtype"] == np.float16]
    weights = max((interpreter.get_tensor(details["index"]) for details in stored), key=np.size)
    start = content.index(weights.tobytes())
    changed = weights.copy().ravel()
    change(changed)
    content[start : start + changed.nbytes] = changed.tobytes()
    model.write_bytes(content)
    write_manifest(folder, json.loads((folder / "manifest.json").read_text()))


def damaged(folder: Path, sound: Path) -> str:
    """The refusal's message; the folder is sound again afterwards."""
    with pytest.raises(BundleRejected) as refusal:
        Screener.from_folder(folder)
    shutil.rmtree(folder)
    shutil.copytree(sound, folder)
    return str(refusal.value)


def test_no_damaged_bundle_is_loaded(bundle_folder: Path, tmp_path: Path) -> None:
    folder, chance = tmp_path / "bundle", random.Random(1)  # noqa: S311
    shutil.copytree(bundle_folder, folder)
    names = [path.relative_to(folder) for path in files(folder)]

    for name in names:
        (folder / name).unlink()
        assert name.name in damaged(folder, bundle_folder) or name.name in OWN_FILES
    record("bundles", "a file missing", tried=len(names), result="does not start: names the file")

    for number in range(FLIPS):
        name = names[number % len(names)]
        flip(folder / name, chance)
        message = damaged(folder, bundle_folder)
        assert "was changed" in message or "cannot be read" in message
    record("bundles", "one bit changed", tried=FLIPS, result="does not start: names the file")


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("weights that are NaN, signed anew", lambda weights: weights.fill(np.nan)),
        ("weights that are 0, signed anew", lambda weights: weights.fill(0)),
        ("other weights, signed anew", lambda weights: np.random.default_rng(1).shuffle(weights)),
    ],
)
def test_no_other_weights_are_loaded_though_every_digest_is_right(
    bundle_folder: Path, tmp_path: Path, what: str, change: Callable[[np.ndarray], None]
) -> None:
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "bundle"))
    other_weights(folder, change)
    assert "model.tflite" in damaged(folder, bundle_folder)
    record("bundles", what, tried=1, result="does not start: its answers are not those of training")


def test_no_manifest_of_another_model_is_loaded(bundle_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(bundle_folder, tmp_path / "bundle"))
    changes: list[Callable[[dict], object]] = [
        lambda manifest: manifest["classes"].pop(),
        lambda manifest: manifest["outputs"].update(features=[1, 7]),
        lambda manifest: manifest["preprocess"].update(output_size=96),
        lambda manifest: manifest["parity"].clear(),
        lambda manifest: manifest["parity"][0]["probabilities"].reverse(),
        lambda manifest: manifest.update(schema_version=2),
    ]
    for change in changes:
        manifest = json.loads((folder / "manifest.json").read_text())
        change(manifest)
        sign(folder, manifest)
        damaged(folder, bundle_folder)
    record(
        "bundles", "manifest of another model, signed", tried=len(changes), result="does not start: says what differs"
    )


def sign(folder: Path, manifest: dict) -> None:
    """Writes a manifest with its digest, without looking whether it makes sense."""
    text = json.dumps(manifest)
    (folder / "manifest.json").write_text(text)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(text.encode()).hexdigest()}  manifest.json\n")
