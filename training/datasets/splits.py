"""How data sets are split: by lesion, unless a paper that splits by image is reproduced."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sklearn.model_selection import train_test_split

from training.datasets.manifests import SplitManifest
from training.datasets.records import DatasetError, LesionRecord

LEAST_OF_A_CLASS = 10
"""So many lesions of a class give each part of 70:10:20 one."""

ALGORITHMS = {"lesion": "lesion-stratified-1", "image": "image-stratified-1"}
"""Names the code below; a change that moves an image to another part needs a new name."""


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
