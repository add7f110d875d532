"""Split manifests: which image is in which part, kept as files that later commands take by name.

The test part is not an attribute that a training command could read by accident: it is reached only through
`SplitManifest.open_test`, which logs who asked, when and for what.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from training.datasets.records import DatasetError

SPLITS_FOLDER = Path(__file__).resolve().parent.parent / "splits"


@dataclass(frozen=True, slots=True)
class SplitIdentity:
    """Attributes:
    data_sha256: `data_digest` of the records that were split.
    split_sha256: digest of the manifest.
    """

    data_sha256: str
    split_sha256: str


@dataclass(frozen=True, slots=True)
class Torn:
    """What a split tears apart.

    Attributes:
        lesions: with images in training and in test.
        test_images: that show one of them.
        of_test_images: all of the test part.
    """

    lesions: int
    test_images: int
    of_test_images: int


@dataclass(frozen=True, slots=True)
class SplitManifest:
    """Which image is in which part.

    Attributes:
        name: the manifest's file name without its ending.
        dataset: name of the data set.
        algorithm: version of the code that made it.
        seed: of the shuffle.
        fractions: training, validation and test share of the lesions.
        data_sha256: `data_digest` of the records that were split.
        joined: lesion ids that the leakage audit found to be of one lesion, a tuple each; one part holds them all.
        train, validation: image ids, sorted.
        test_ids: image ids, sorted. Read through `open_test`, never directly: a test holds that no other module does.
    """

    name: str
    dataset: str
    algorithm: str
    seed: int
    fractions: tuple[float, float, float]
    data_sha256: str
    joined: tuple[tuple[str, ...], ...]
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test_ids: tuple[str, ...]

    @property
    def identity(self) -> SplitIdentity:
        """What a run or a bundle says about the split that it is from."""
        return SplitIdentity(self.data_sha256, self.sha256())

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Images of training, validation and test."""
        return len(self.train), len(self.validation), len(self.test_ids)

    def sha256(self) -> str:
        """Digest of the manifest's contents, 64 hex digits; bundles carry it."""
        return hashlib.sha256(_canonical(asdict(self))).hexdigest()

    def save(self, folder: Path = SPLITS_FOLDER) -> Path:
        """Writes `folder`/<name>.json and returns its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=0) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, name: str, folder: Path = SPLITS_FOLDER) -> "SplitManifest":
        """Reads a manifest by name. Raises DatasetError where there is none."""
        path = folder / f"{name}.json"
        if not path.is_file():
            known = sorted(found.stem for found in folder.glob("*.json"))
            raise DatasetError(f"no split named {name!r} in {folder}; there are {known}. `data split` makes one.")
        values = json.loads(path.read_text(encoding="utf-8"))
        for key in ("train", "validation", "test_ids", "fractions"):
            values[key] = tuple(values[key])
        values["joined"] = tuple(tuple(lesions) for lesions in values["joined"])
        return cls(**values)

    def torn(self, groups: Mapping[str, str]) -> Torn:
        """Counts what stands in training and in test, by {image id: group}. No image of the test part is opened."""
        shared = {groups[image] for image in self.train} & {groups[image] for image in self.test_ids}
        touched = sum(groups[image] in shared for image in self.test_ids)
        return Torn(len(shared), touched, len(self.test_ids))

    def open_test(self, log: Path, purpose: str) -> tuple[str, ...]:
        """The image ids of the test part; appends a line to `log` (JSON lines) first."""
        log_opening(log, self.name, purpose)
        return self.test_ids


def log_opening(log: Path, split: str, purpose: str) -> None:
    """Appends a line to `log` (JSON lines): when a test part was opened, which, and for what."""
    entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "split": split, "purpose": purpose}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def _canonical(values: object) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
