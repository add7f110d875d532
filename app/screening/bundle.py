"""A model bundle on disk: everything that one shipped model needs, and the refusal to load a wrong one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from app.screening.calibration import Calibration, from_parameters
from app.screening.decision import OperatingPoint, Rate
from app.screening.gate import GATE_FILE, QualityGate
from app.screening.preprocess import PreprocessSpec
from app.screening.quality import WARNINGS
from app.screening.runtime import FEATURES, OUTPUT_RANKS, PROBABILITIES

MANIFEST = "manifest.json"
MANIFEST_DIGEST = "manifest.sha256"
"""SHA-256 of the manifest, as sha256sum writes it; the manifest holds those of all other files."""

MODEL_FILE = "model.tflite"
CARD_FILE = "MODEL_CARD.md"
SCHEMA_VERSION = 3
"""3: the manifest has a gate, or null. 2: the model has three outputs, which the manifest names. 1 had the
probabilities alone."""


class BundleRejected(Exception):
    """The bundle cannot be trusted; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class LesionClass:
    """Attributes:
    code: such as "mel".
    name: such as "Melanoma".
    malignant: whether it counts as malignant in the bundle's label scheme.
    """

    code: str
    name: str
    malignant: bool


@dataclass(frozen=True, slots=True)
class ParitySample:
    """A picture with the probabilities that training computed for it, which serving has to find again.

    Attributes:
        upload: bytes of the picture file.
        probabilities: uncalibrated, in the order of the classes.
    """

    upload: bytes
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ModelBundle:
    """Attributes:
    name, version: of the model.
    model: contents of the `.tflite` file.
    model_sha256: its digest, 64 hex digits.
    classes: in the order of the model's probabilities.
    outputs: {name: shape} of the model's outputs, each with a batch of 1: "probabilities" (1, classes), "features"
        (1, D), "map" (1, h, w).
    preprocess: what it was trained behind.
    calibration: from the model's class probabilities to those that are shown; None gives them unchanged.
    operating_point: who is referred; None in a draft that has not been evaluated.
    gate: which pictures are refused, and what is warned of; None where nothing checks.
    parity: samples for the check at start.
    manifest: the whole manifest, for those who show it.
    card: the model card, Markdown; empty in a draft that has none yet.
    """

    name: str
    version: str
    model: bytes
    model_sha256: str
    classes: tuple[LesionClass, ...]
    outputs: Mapping[str, tuple[int, ...]]
    preprocess: PreprocessSpec
    calibration: Calibration | None
    operating_point: OperatingPoint | None
    gate: QualityGate | None
    parity: tuple[ParitySample, ...]
    manifest: Mapping[str, Any]
    card: str = ""


def load_bundle(folder: Path, expected: str = "") -> ModelBundle:
    """Reads and verifies a bundle.

    Every file that the manifest lists is compared with its size and SHA-256 there, before any of it is used.

    Args:
        folder: of the bundle.
        expected: SHA-256 of the manifest, 64 hex digits, from elsewhere than the folder: whoever can write there can
            make a bundle that agrees with itself. Empty where any bundle may be loaded.

    Raises:
        BundleRejected: the folder, the manifest or a file is missing, a byte differs, or the manifest makes no sense.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
        listed = (folder / MANIFEST_DIGEST).read_bytes()
    except OSError as error:
        raise BundleRejected(f"{path} (or {MANIFEST_DIGEST}) cannot be read; is {folder} a model bundle?") from error
    digest = hashlib.sha256(content).hexdigest()
    if listed != f"{digest}  {MANIFEST}\n".encode("ascii"):
        raise BundleRejected(f"{path} was changed: its SHA-256 is not the one in {MANIFEST_DIGEST}")
    if expected and digest != expected:
        raise BundleRejected(f"{path} is of another bundle than the one that may be served: its SHA-256 is {digest}")
    try:
        manifest = json.loads(content, parse_constant=_refuse_constant)
    except ValueError as error:
        raise BundleRejected(f"{path} is not valid JSON: {error}") from error
    found = manifest.get("schema_version") if isinstance(manifest, dict) else None
    if found != SCHEMA_VERSION:
        raise BundleRejected(
            f"{path} is of schema version {found}, and this app reads version {SCHEMA_VERSION}; "
            "make the bundle again with `python -m training release`"
        )
    try:
        contents = {name: _verified(folder, name, entry) for name, entry in manifest["files"].items()}
        outputs = _outputs(manifest["outputs"], len(manifest["classes"]))
        return ModelBundle(
            name=str(manifest["name"]),
            version=str(manifest["version"]),
            model=contents[MODEL_FILE],
            model_sha256=manifest["files"][MODEL_FILE]["sha256"],
            classes=_classes(manifest["classes"]),
            outputs=outputs,
            preprocess=PreprocessSpec.from_dict(manifest["preprocess"]),
            calibration=from_parameters(manifest["calibration"]),
            operating_point=_operating_point(manifest["operating_point"]),
            gate=_gate(manifest["gate"], contents, outputs[FEATURES][1]),
            parity=tuple(
                ParitySample(contents[sample["file"]], tuple(float(value) for value in sample["probabilities"]))
                for sample in manifest["parity"]
            ),
            manifest=manifest,
            card=contents.get(CARD_FILE, b"").decode("utf-8"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise BundleRejected(f"{path} does not fit this version of the app: {reason}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _verified(folder: Path, name: str, entry: Mapping[str, Any]) -> bytes:
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        raise BundleRejected(f"{folder / MANIFEST} lists {name!r}, which lies outside the bundle")
    path = folder / relative
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise BundleRejected(f"{path} cannot be read ({error.strerror}), but the manifest lists it") from error
    if len(contents) != entry["bytes"]:
        raise BundleRejected(f"{path} has {len(contents)} bytes; the manifest says {entry['bytes']}")
    digest = hashlib.sha256(contents).hexdigest()
    if digest != entry["sha256"]:
        raise BundleRejected(f"{path} was changed: its SHA-256 is {digest}; the manifest says {entry['sha256']}")
    return contents


def _classes(entries: list[Mapping[str, Any]]) -> tuple[LesionClass, ...]:
    classes = tuple(LesionClass(entry["code"], entry["name"], entry["malignant"]) for entry in entries)
    if any(not isinstance(label.malignant, bool) for label in classes):
        raise ValueError("each class says malignant: true or false")
    if len({label.malignant for label in classes}) != 2 or len({label.code for label in classes}) != len(classes):
        raise ValueError("classes need distinct codes, and at least one malignant and one benign among them")
    return classes


def _outputs(entry: Mapping[str, Sequence[Any]], classes: int) -> dict[str, tuple[int, ...]]:
    shapes = {name: tuple(int(side) for side in shape) for name, shape in entry.items()}
    if {name: len(shape) for name, shape in shapes.items()} != OUTPUT_RANKS:
        raise ValueError(f"the outputs need the axes {OUTPUT_RANKS}, not {shapes}")
    if shapes[PROBABILITIES] != (1, classes) or any(shape[0] != 1 or min(shape) < 1 for shape in shapes.values()):
        raise ValueError(f"the outputs need a batch of 1 and a probability for each of {classes} classes, not {shapes}")
    return shapes


def _operating_point(entry: Mapping[str, Any] | None) -> OperatingPoint | None:
    if entry is None or entry["measured_on"] is None:
        return None
    return OperatingPoint(
        threshold=float(entry["threshold"]),
        sensitivity=Rate(**entry["sensitivity"]),
        specificity=Rate(**entry["specificity"]),
        measured_on=str(entry["measured_on"]),
    )


def _gate(entry: Mapping[str, Any] | None, contents: Mapping[str, bytes], features: int) -> QualityGate | None:
    if entry is None:
        return None
    gate = QualityGate.from_manifest(entry, contents[GATE_FILE], features)
    if unknown := sorted({limit.code for limit in gate.warnings} - set(WARNINGS)):
        raise ValueError(f"the gate warns of what this version has no words for: {unknown}")
    return gate
