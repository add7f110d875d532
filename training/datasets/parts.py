"""From a recipe's names to its training and validation parts."""

from pathlib import Path

import numpy as np

from training.datasets import ham10000
from training.datasets.cache import preprocessed
from training.datasets.records import DatasetError, LesionRecord
from training.datasets.schemes import LabelScheme
from training.datasets.splits import SplitManifest, data_digest, select
from training.recipe import Recipe

READERS = {ham10000.NAME: ham10000.read}


def read(dataset: str, data_root: Path) -> list[LesionRecord]:
    """Reads a data set by name. Raises DatasetError where it is unknown or not as it should be."""
    if dataset not in READERS:
        raise DatasetError(f"no reader for {dataset!r}; there are {sorted(READERS)}")
    return READERS[dataset](data_root)


def read_split(split_name: str, data_root: Path) -> tuple[list[LesionRecord], SplitManifest]:
    """The records that a split manifest speaks of, after checking that they are the very same files.

    Raises:
        DatasetError: the files differ from those that were split.
    """
    split = SplitManifest.load(split_name)
    records = read(split.dataset, data_root)
    if data_digest(records) != split.data_sha256:
        raise DatasetError(
            f"the files of {split.dataset} under {data_root} are not those that {split_name!r} was made from. "
            "Make your own with `python -m training data split --name ...`."
        )
    return records, split


def labels(records: list[LesionRecord], scheme: LabelScheme) -> np.ndarray:
    """int64 (N,), index of each record's class in the scheme."""
    return np.array([scheme.classes.index(record.dx) for record in records], dtype=np.int64)


def training_parts(recipe: Recipe, scheme: LabelScheme, data_root: Path, cache_root: Path):  # type: ignore[no-untyped-def]
    """Training and validation part of a recipe, preprocessed, and the digests that say which they are."""
    from training.fit import LabelledImages  # TensorFlow; not for those who only read

    records, split = read_split(recipe.split, data_root)
    parts = []
    for ids in (split.train, split.validation):
        chosen = select(records, ids)
        parts.append(LabelledImages(preprocessed(chosen, recipe.preprocess, cache_root), labels(chosen, scheme)))
    return *parts, {"data_sha256": split.data_sha256, "split_sha256": split.sha256()}
