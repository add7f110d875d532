"""From a recipe's names to its training and validation parts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from training.datasets import folders, ham10000, isic2017, isic2019, kaggle
from training.datasets.cache import PreprocessedImages, preprocessed
from training.datasets.manifests import SplitIdentity, SplitManifest
from training.datasets.records import Dataset, DatasetError, LesionRecord
from training.datasets.schemes import LabelScheme
from training.datasets.splits import data_digest, select
from training.recipe import Recipe

T = TypeVar("T")

READERS = {
    ham10000.NAME: ham10000.read,
    kaggle.NAME: kaggle.read,
    isic2017.NAME: isic2017.read,
    isic2019.NAME: isic2019.read,
}


def read(dataset: str, data_root: Path) -> Dataset:
    """Reads a data set: one of READERS by name, or else the folder of class folders `data_root`/`dataset`.

    Raises:
        DatasetError: it is not there, or not as it should be.
    """
    return READERS[dataset](data_root) if dataset in READERS else folders.read(data_root / dataset)


@dataclass(frozen=True, slots=True)
class SplitRecords:
    """The records of a split. Those of the test part are in no attribute: they are asked for, with a purpose.

    Attributes:
        train, validation: of those parts.
        identity: of the split.
    """

    train: Sequence[LesionRecord]
    validation: Sequence[LesionRecord]
    identity: SplitIdentity
    _split: SplitManifest
    _records: Sequence[LesionRecord]

    def open_test(self, log: Path, purpose: str) -> Sequence[LesionRecord]:
        """The records of the test part; appends a line to `log` (JSON lines) first."""
        return select(self._records, self._split.open_test(log, purpose))


def read_split(split_name: str, data_root: Path, images: int | None = None) -> SplitRecords:
    """The records that a split manifest speaks of, after checking that they are the very same files.

    Lesions that the manifest joins carry one lesion id, so that intervals over lesions count them once.

    Args:
        split_name: of the manifest.
        data_root: holds the data set.
        images: how many of training and validation, evenly over their ids; None for all.

    Raises:
        DatasetError: the files differ from those that were split.
    """
    split = SplitManifest.load(split_name)
    records = read(split.dataset, data_root).records
    if data_digest(records) != split.data_sha256:
        raise DatasetError(
            f"the files of {split.dataset} under {data_root} are not those that {split_name!r} was made from. "
            "Make your own with `python -m training data split --name ...`."
        )
    first = {lesion: lesions[0] for lesions in split.joined for lesion in lesions}
    joined = [replace(record, lesion_id=first.get(record.group, record.lesion_id)) for record in records]
    train, validation = (select(joined, few(ids, images)) for ids in (split.train, split.validation))
    return SplitRecords(train, validation, split.identity, split, joined)


def labels(records: Sequence[LesionRecord], scheme: LabelScheme) -> npt.NDArray[np.int64]:
    """int64 (N,), index of each record's class in the scheme."""
    return np.array([scheme.target(record.dx) for record in records], dtype=np.int64)


def few(values: Sequence[T], count: int | None) -> Sequence[T]:
    """`count` of the values, evenly spread; all of them for None or where there are no more."""
    if count is None or count >= len(values):
        return values
    return [values[len(values) * row // count] for row in range(count)]


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """Attributes:
    images: N preprocessed images.
    labels: int64 (N,), index of the class in the label scheme.
    """

    images: PreprocessedImages
    labels: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TrainingData:
    """All that a training command ever sees of a data set; the test part is not in it.

    Attributes:
        train, validation: the two parts.
        identity: which files and which split they are from.
    """

    train: LabelledImages
    validation: LabelledImages
    identity: SplitIdentity


def training_data(recipe: Recipe, scheme: LabelScheme, data_root: Path, cache_root: Path) -> TrainingData:
    """Training and validation part of a recipe, preprocessed.

    Raises:
        DatasetError: the data set is missing or is not the one that was split.
    """
    records = read_split(recipe.split, data_root, recipe.images)

    def part(chosen: Sequence[LesionRecord]) -> LabelledImages:
        return LabelledImages(preprocessed(chosen, recipe.preprocess, cache_root), labels(chosen, scheme))

    return TrainingData(part(records.train), part(records.validation), records.identity)
