"""Splits, by lesion unless a paper is reproduced, kept as manifests that later commands take by name.

The test part is not an attribute that a training command could read by accident: it is reached only through
`SplitManifest.open_test`, which logs who asked, when and for what.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from sklearn.model_selection import train_test_split

from training.datasets.records import DatasetError, LesionRecord

SPLITS_FOLDER = Path(__file__).resolve().parent.parent / "splits"
LEAST_OF_A_CLASS = 10
"""So many lesions of a class give each part of 70:10:20 one."""

ALGORITHMS = {"lesion": "lesion-stratified-1", "image": "image-stratified-1"}
"""Names the code below; a change that moves an image to another part needs a new name."""


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
        entry = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "split": self.name, "purpose": purpose}
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        return self.test_ids


@dataclass(frozen=True, slots=True)
class SplitProtocol:
    """How a data set is split.

    Attributes:
        by: "lesion" keeps all images of a group together; "image" does not, as the papers did: images of one lesion
            then stand on both sides, and figures come out too good.
        fractions: training, validation and test share of the groups or images; they add up to 1.
    """

    by: Literal["lesion", "image"]
    fractions: tuple[float, float, float]


PROTOCOLS: Mapping[str, SplitProtocol] = MappingProxyType(
    {
        "lesion": SplitProtocol("lesion", (0.7, 0.1, 0.2)),
        "islam2024": SplitProtocol("image", (0.7, 0.1, 0.2)),
        "report2025": SplitProtocol("image", (0.64, 0.16, 0.2)),
    }
)


def joined_lesions(records: Sequence[LesionRecord], groups: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """The lesions that the audit counts as one.

    Args:
        records: of one data set.
        groups: {image id: group} of that data set, from the audit's groups.json.

    Returns:
        For each group of more than one lesion its lesion ids, sorted.

    Raises:
        DatasetError: the audit did not see one of the records.
    """
    if absent := [record.image_id for record in records if record.image_id not in groups]:
        raise DatasetError(
            f"the audit has not seen {len(absent)} images, among them {absent[:3]}. Run it again; if its summary.json "
            "lists them as unreadable, mend or remove those files first."
        )
    lesions: dict[str, set[str]] = {}
    for record in records:
        lesions.setdefault(groups[record.image_id], set()).add(record.group)
    return tuple(sorted(tuple(sorted(found)) for found in lesions.values() if len(found) > 1))


def make_split(
    records: Sequence[LesionRecord],
    protocol: SplitProtocol,
    *,
    name: str,
    seed: int,
    joined: tuple[tuple[str, ...], ...] = (),
) -> SplitManifest:
    """Splits a data set, stratified by class.

    Args:
        records: of one data set.
        protocol: by what, and in which shares.
        name: of the manifest.
        seed: the same records, joined lesions and seed give the same manifest.
        joined: of `joined_lesions`; a split by image has no use for it.

    Raises:
        DatasetError: a lesion has images of several classes, and is not one that the audit joined; or a class has too
            few lesions to stand in every part.
    """
    ordered = sorted(records, key=lambda record: record.image_id)
    first = {lesion: lesions[0] for lesions in joined for lesion in lesions} if protocol.by == "lesion" else {}
    units = {
        record.image_id: first.get(record.group, record.group) if protocol.by == "lesion" else record.image_id
        for record in ordered
    }
    classes: dict[str, str] = {}
    for record in ordered:
        unit = units[record.image_id]
        # The audit may join lesions of two classes; the first image stands for them. A lesion may not have two.
        if classes.setdefault(unit, record.dx) != record.dx and unit not in first:
            raise DatasetError(f"lesion {unit} is both {classes[unit]} and {record.dx}")
    try:
        train, validation, test = _stratified(classes, protocol.fractions, seed)
    except ValueError as error:
        few = {dx: count for dx, count in sorted(Counter(classes.values()).items()) if count < LEAST_OF_A_CLASS}
        raise DatasetError(
            f"{len(classes)} lesions cannot be split in proportion to their classes ({error}); "
            f"classes with fewer than {LEAST_OF_A_CLASS} lesions: {few}. Add pictures of them or leave them out."
        ) from error

    def images(part: Sequence[str]) -> tuple[str, ...]:
        chosen = set(part)
        return tuple(image_id for image_id, unit in units.items() if unit in chosen)

    return SplitManifest(
        name=name,
        dataset=records[0].source,
        algorithm=ALGORITHMS[protocol.by],
        seed=seed,
        fractions=protocol.fractions,
        data_sha256=data_digest(records),
        joined=joined if protocol.by == "lesion" else (),
        train=images(train),
        validation=images(validation),
        test_ids=images(test),
    )


def _stratified(
    classes: Mapping[str, str], fractions: tuple[float, float, float], seed: int
) -> tuple[list[str], list[str], list[str]]:
    units = sorted(classes)
    rest, test = train_test_split(
        units, test_size=fractions[2], stratify=[classes[unit] for unit in units], random_state=seed
    )
    train, validation = train_test_split(
        rest,
        test_size=fractions[1] / (fractions[0] + fractions[1]),
        stratify=[classes[unit] for unit in rest],
        random_state=seed,
    )
    return train, validation, test


def data_digest(records: Sequence[LesionRecord]) -> str:
    """SHA-256 over id, lesion, class and file contents of every record, in the order of their ids."""
    digest = hashlib.sha256()
    for record in sorted(records, key=lambda record: record.image_id):
        contents = hashlib.sha256(record.image_path.read_bytes()).hexdigest()
        digest.update(f"{record.image_id},{record.lesion_id},{record.dx},{contents}\n".encode())
    return digest.hexdigest()


def select(records: Sequence[LesionRecord], image_ids: Sequence[str]) -> list[LesionRecord]:
    """The records of `image_ids`, in that order. Raises DatasetError where one is not at hand."""
    by_id = {record.image_id: record for record in records}
    if absent := [image_id for image_id in image_ids if image_id not in by_id]:
        raise DatasetError(f"{len(absent)} images of the split are not in the data, among them {absent[:3]}")
    return [by_id[image_id] for image_id in image_ids]


def _canonical(values: object) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
