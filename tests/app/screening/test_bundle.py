"""A bundle loads whole and unchanged, or not at all."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.screening.bundle import BundleRejected, load_bundle
from app.screening.screener import Screener

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy(bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_folder, tmp_path / "bundle"))


def edit(folder: Path, change: Edit) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    sign(folder, json.dumps(manifest))


def sign(folder: Path, manifest: str) -> None:
    """Writes a manifest with its digest, so that the digest is not what refuses it."""
    (folder / "manifest.json").write_text(manifest)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(manifest.encode()).hexdigest()}  manifest.json\n")


def test_the_shipped_bundle_loads_and_is_within_the_published_size(bundle_folder: Path) -> None:
    bundle = load_bundle(bundle_folder)
    assert [label.code for label in bundle.classes] == ["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]
    assert {label.code for label in bundle.classes if label.malignant} == {"akiec", "bcc", "mel"}
    assert len(bundle.model) <= 469_770
    assert bundle.calibration is not None
    assert bundle.operating_point is not None
    assert bundle.gate is not None
    assert (folder_bytes := (bundle_folder / "gate.npz").stat().st_size) < 100_000, folder_bytes


def test_a_bundle_without_a_gate_loads(copy: Path) -> None:
    edit(copy, lambda m: m.update(gate=None))
    bundle = load_bundle(copy)
    assert bundle.gate is None
    assert Screener(bundle).screen(bundle.parity[0].upload).quality is None


def test_a_bundle_may_be_calibrated_by_a_temperature(copy: Path) -> None:
    upload = load_bundle(copy).parity[0].upload
    before = Screener.from_folder(copy).screen(upload).raw_probabilities
    edit(copy, lambda m: m.update(gate=None, calibration={"method": "temperature", "temperature": 2.0}))
    answer = Screener.from_folder(copy).screen(upload)
    assert np.array_equal(answer.raw_probabilities, before)
    roots = np.sqrt(before.astype(np.float64))
    expected = dict(zip(("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"), roots / roots.sum(), strict=True))
    assert {entry.label.code: entry.probability for entry in answer.classes} == pytest.approx(expected)
    assert answer.p_malignant == pytest.approx(sum(expected[code] for code in ("akiec", "bcc", "mel")))


@pytest.mark.parametrize("word", ['"malignant": true', '"threshold": 0', '"code": "mel"', "  "])
def test_a_changed_byte_in_the_manifest_is_named(copy: Path, word: str) -> None:
    manifest = (copy / "manifest.json").read_text()
    assert word in manifest
    (copy / "manifest.json").write_text(manifest.replace(word, word[:-1] + "1", 1))
    with pytest.raises(BundleRejected, match=r"manifest\.json was changed"):
        load_bundle(copy)


@pytest.mark.parametrize("name", ["model.tflite", "gate.npz", "MODEL_CARD.md", "parity/synthetic-1.png"])
def test_a_changed_byte_is_named(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BundleRejected, match=rf"{name} was changed: its SHA-256"):
        load_bundle(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "model.tflite").unlink()
    with pytest.raises(BundleRejected, match=r"model\.tflite cannot be read .*but the manifest lists it"):
        load_bundle(copy)


def test_a_shortened_file_is_named(copy: Path) -> None:
    (copy / "model.tflite").write_bytes((copy / "model.tflite").read_bytes()[:-1])
    with pytest.raises(BundleRejected, match=r"model\.tflite has \d+ bytes; the manifest says \d+"):
        load_bundle(copy)


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleRejected, match=r"manifest\.json .*cannot be read"):
        load_bundle(tmp_path)


def test_a_manifest_that_is_no_json_is_refused(copy: Path) -> None:
    sign(copy, "{")
    with pytest.raises(BundleRejected, match="not valid JSON"):
        load_bundle(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(schema_version=2), "of schema version 2, and this app reads version 3; make the bundle"),
        (lambda m: m.update(schema_version=4), "of schema version 4, and this app reads version 3"),
        (lambda m: m.pop("gate"), "lacks 'gate'"),
        (lambda m: m["files"].pop("gate.npz"), "lacks 'gate.npz'"),
        (lambda m: m["gate"]["signs"].update(limit=-1.0), "a limit above 0"),
        (lambda m: m["gate"]["signs"]["names"].pop(), "the gate's arrays are not for"),
        (lambda m: m["gate"]["warnings"][0].update(code="stale"), "no words for: .*stale"),
        (lambda m: m["gate"]["warnings"][0].update(sign="smell"), "does not measure: .*smell"),
        (lambda m: m.pop("outputs"), "lacks 'outputs'"),
        (lambda m: m["outputs"].pop("map"), "the outputs need the axes"),
        (lambda m: m["outputs"].update(map=[1, 14]), "the outputs need the axes"),
        (lambda m: m["outputs"].update(probabilities=[1, 2]), "a probability for each of 7 classes"),
        (lambda m: m["outputs"].update(features=[2, 128]), "a batch of 1"),
        (lambda m: m.pop("classes"), "lacks 'classes'"),
        (lambda m: m["preprocess"].update(closing_size=-1), "closing_size must be a whole number above 0"),
        (lambda m: m["calibration"].update(slope=-1.0), "slope above 0"),
        (lambda m: m["calibration"].update(method="isotonic"), "'isotonic' is unknown"),
        (lambda m: m["calibration"].update(method="temperature"), "lacks 'temperature'"),
        (lambda m: m["calibration"].update(method="temperature", temperature=0), "temperature above 0"),
        (lambda m: m["operating_point"].update(threshold=1.5), "between 0 and 1"),
        (lambda m: m["preprocess"].update(unsharp_sigma="2"), "unsharp_sigma must be a number above 0"),
        (lambda m: m["operating_point"]["sensitivity"].update(low=0.99), "lies inside its interval"),
        (lambda m: m["parity"][0]["probabilities"].__setitem__(0, float("nan")), "NaN is no number"),
        (lambda m: m["classes"][0].update(malignant="yes"), "malignant: true or false"),
        (lambda m: [entry.update(malignant=False) for entry in m["classes"]], "one malignant and one benign"),
        (lambda m: m["files"].update({"../secret": {"sha256": "", "bytes": 0}}), "outside the bundle"),
        (lambda m: m["files"].update({"/etc/hostname": {"sha256": "", "bytes": 0}}), "outside the bundle"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused_with_the_reason(copy: Path, change: Edit, message: str) -> None:
    edit(copy, change)
    with pytest.raises(BundleRejected, match=message):
        load_bundle(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: (m["classes"].pop(), m["outputs"].update(probabilities=[1, 6])), "expected float32"),
        (lambda m: m["outputs"].update(map=[1, 7, 7]), "expected float32"),
        (lambda m: m["preprocess"].update(output_size=208), "expected float32"),
        (lambda m: m["preprocess"].update(working_size=40), "away from what training computed"),
        (lambda m: m["parity"].clear(), "no parity sample"),
        (lambda m: m["parity"][0]["probabilities"].reverse(), "away from what training computed"),
        (lambda m: m["parity"][0]["probabilities"].pop(), "wrong number of classes"),
    ],
)
def test_a_manifest_of_another_model_is_refused(copy: Path, change: Edit, message: str) -> None:
    edit(copy, change)
    with pytest.raises(BundleRejected, match=message):
        Screener.from_folder(copy)


def test_a_parity_sample_that_is_no_picture_is_refused(copy: Path) -> None:
    (copy / "parity/synthetic-1.png").write_bytes(b"no picture")
    entry = {"sha256": hashlib.sha256(b"no picture").hexdigest(), "bytes": 10}
    edit(copy, lambda m: m["files"].update({"parity/synthetic-1.png": entry}))
    with pytest.raises(BundleRejected, match="does not fit its manifest"):
        Screener.from_folder(copy)


def test_a_model_file_that_is_no_model_is_refused(copy: Path) -> None:
    (copy / "model.tflite").write_bytes(b"not a model")
    digest = hashlib.sha256(b"not a model").hexdigest()
    edit(copy, lambda m: m["files"].update({"model.tflite": {"sha256": digest, "bytes": 11}}))
    with pytest.raises(BundleRejected, match=r"model\.tflite does not fit its manifest"):
        Screener.from_folder(copy)


def test_a_bundle_that_agrees_with_itself_and_is_not_the_expected_one_is_refused(copy: Path) -> None:
    expected = (copy / "manifest.sha256").read_text().split()[0]
    assert Screener.from_folder(copy, expected=expected).bundle.name
    edit(copy, lambda m: m.update(version="9.9.9"))
    assert Screener.from_folder(copy).bundle.version == "9.9.9", "whoever writes it can make it agree with itself"
    with pytest.raises(BundleRejected, match="of another bundle than the one that may be served"):
        Screener.from_folder(copy, expected=expected)
