"""From a recipe's names to its training and validation parts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.datasets import folders, ham10000, isic2017, isic2019, kaggle
from training.datasets.cache import PreprocessedImages, preprocessed
from training.datasets.records import Dataset, DatasetError, LesionRecord
from training.datasets.schemes import LabelScheme
from training.datasets.splits import SplitManifest, data_digest, select
from training.recipe import Recipe

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


def read_split(split_name: str, data_root: Path) -> tuple[Sequence[LesionRecord], SplitManifest]:
    """The records that a split manifest speaks of, after checking that they are the very same files.

    Lesions that the manifest joins carry one lesion id, so that intervals over lesions count them once.

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
    return [replace(record, lesion_id=first.get(record.group, record.lesion_id)) for record in records], split


def labels(records: Sequence[LesionRecord], scheme: LabelScheme) -> npt.NDArray[np.int64]:
    """int64 (N,), index of each record's class in the scheme."""
    return np.array([scheme.target(record.dx) for record in records], dtype=np.int64)


def few(image_ids: Sequence[str], count: int | None) -> Sequence[str]:
    """`count` of the ids, evenly spread; all of them for None or where there are no more."""
    if count is None or count >= len(image_ids):
        return image_ids
    return [image_ids[len(image_ids) * row // count] for row in range(count)]


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
        data_sha256, split_sha256: which files and which split they are from.
    """

    train: LabelledImages
    validation: LabelledImages
    data_sha256: str
    split_sha256: str


def training_data(recipe: Recipe, scheme: LabelScheme, data_root: Path, cache_root: Path) -> TrainingData:
    """Training and validation part of a recipe, preprocessed.

    Raises:
        DatasetError: the data set is missing or is not the one that was split.
    """
    records, split = read_split(recipe.split, data_root)

    def part(ids: tuple[str, ...]) -> LabelledImages:
        chosen = select(records, few(ids, recipe.images))
        return LabelledImages(preprocessed(chosen, recipe.preprocess, cache_root), labels(chosen, scheme))

    return TrainingData(part(split.train), part(split.validation), split.data_sha256, split.sha256())
