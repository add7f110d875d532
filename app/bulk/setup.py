"""What answers depend on beside the file. Two runs with the same setup give the same answers."""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import app
from app.bulk.errors import BulkError
from app.screening.bundle import MANIFEST, MANIFEST_DIGEST, load_bundle
from app.screening.decode import DecodeLimits
from app.screening.runtime import installed_backends
from app.screening.screener import Screener

SOURCES = Path(app.__file__).resolve().parent
CODE = ("screening", "bulk/picture.py")
"""What decides on an answer, and on how it is read."""

PACKAGES = ("numpy", "opencv-python-headless", "pillow")


WORDS = {"model": "it is another model", "limits": "a file has other limits", "program": "it is another program"}


class SetupDiffers(BulkError):
    """This process would answer otherwise than the run that it is to work for."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Attributes:
    model: name, version and SHA-256 of the bundle's manifest, which holds those of all its files.
    limits: of a file, as JSON.
    program: version of the application, SHA-256 of its code that answers, and versions of the packages that compute.
    """

    model: str
    limits: str
    program: str

    def differences(self, other: "Setup") -> str:
        """What is not the same, in words; empty where all is."""
        pairs = ((name, getattr(other, name), getattr(self, name)) for name in ("model", "limits", "program"))
        return "; ".join(f"{WORDS[name]} ({before} before, {now} now)" for name, before, now in pairs if before != now)

    def key(self) -> str:
        """A short text that is the same for the same setup only."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:16]


def setup_of(bundle: Path, limits: DecodeLimits) -> Setup:
    """The setup of this process with the bundle in that folder. Raises BundleRejected."""
    return Setup(model_of(bundle), json.dumps(asdict(limits), default=sorted), program(limits))


def model_of(bundle: Path) -> str:
    """Name, version and the first 12 digits of the SHA-256 of the bundle's manifest. Raises BundleRejected."""
    loaded = load_bundle(bundle)
    digest = (bundle / MANIFEST_DIGEST).read_text(encoding="ascii").split()[0]
    return f"{loaded.name} {loaded.version} ({digest[:12]})"


def program(limits: DecodeLimits) -> str:
    """Version, digest of the code and packages of this process."""
    digest = hashlib.sha256()
    for entry in CODE:
        path = SOURCES / entry
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(SOURCES).as_posix().encode() + b"\0" + file.read_bytes())
    extras = [{"heic": "pillow-heif", "dicom": "pydicom"}[name] for name in sorted(limits.extra_formats)]
    runtime = installed_backends()[0].replace("_", "-")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in (*PACKAGES, runtime, *extras)]
    return f"{app.__version__} ({digest.hexdigest()[:12]}) with {', '.join(versions)}"


def screener_for(setup: Setup, bundle: Path, limits: DecodeLimits) -> Screener:
    """A screener of this process that answers as the run's setup says.

    Raises:
        SetupDiffers: the bundle, the code or a package here is another one.
        BundleRejected: the bundle cannot be trusted.
    """
    here = setup_of(bundle, limits)
    if here != setup:
        raise SetupDiffers(f"This process cannot answer as the others do: {here.differences(setup)}.")
    return Screener.from_folder(bundle, limits)


def bundle_files(bundle: Path) -> dict[str, bytes]:
    """The bundle's files, {name: contents}, to be sent to another machine, which verifies them again."""
    names = [MANIFEST, MANIFEST_DIGEST, *load_bundle(bundle).manifest["files"]]
    return {name: (bundle / name).read_bytes() for name in names}
