"""Brings a student's teachers and its views together: soft labels for `fit`."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.datasets.parts import TrainingData, training_data
from training.datasets.schemes import SCHEMES
from training.errors import TrainingError
from training.models.networks import network
from training.recipe import DistilSpec, Recipe, load_recipe
from training.run_folder import RunFolder
from training.soft_labels import SoftLabels, check_bank, fill_bank
from training.views import VIEWS_ALGORITHM, Views


def teachers_soft_labels(recipe: Recipe, data_root: Path, out: Path) -> SoftLabels:
    """Asks the teachers of a recipe about the views of its training part; what was asked before is read.

    Args:
        recipe: of the student, with `distil`.
        data_root: holds the data set.
        out: holds the teachers' run folders, the caches and the banks.

    Raises:
        TrainingError: the recipe has no teachers, one is not trained, or was trained on another split or scheme.
        BankMismatch: a bank on disk belongs to something else.
    """
    if recipe.distil is None:
        raise TrainingError(f"{recipe.name} has no teachers; use `train`")
    found = [_bank(recipe, recipe.distil, load_recipe(name), data_root, out) for name in recipe.distil.teachers]
    source = hashlib.sha256(json.dumps([identity for identity, _ in found], sort_keys=True).encode()).hexdigest()
    return SoftLabels(tuple(bank for _, bank in found), recipe.distil.temperature, source)


def _bank(recipe: Recipe, distil: DistilSpec, teacher: Recipe, data_root: Path, out: Path) -> tuple[Any, Any]:
    run = RunFolder(out / teacher.name)
    if "rescale" not in teacher.preprocess.stages:
        raise TrainingError(f"{teacher.name} leaves `rescale` out, and a teacher is asked with pictures in 0..1")
    if (teacher.dataset, teacher.split, teacher.scheme) != (recipe.dataset, recipe.split, recipe.scheme):
        raise TrainingError(
            f"{teacher.name} was trained on {teacher.split} with {teacher.scheme}, {recipe.name} is on {recipe.split} "
            f"with {recipe.scheme}: a teacher that saw the student's test part would leak it"
        )
    weights = run.result(teacher.fit)
    # The teacher sees the student's pictures and views through its own preprocessing.
    data = training_data(
        replace(recipe, preprocess=teacher.preprocess), SCHEMES[recipe.scheme], data_root, out / "cache"
    )
    run.require(teacher, data.identity)
    identity = {
        "teacher": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "preprocess": teacher.preprocess.to_dict(),
        "augment": asdict(recipe.augment),
        "seed": recipe.views_seed,
        "split": data.identity.split_sha256,
        "data": data.identity.data_sha256,
        "pictures": hashlib.sha256("\n".join(data.train.images.image_ids).encode()).hexdigest(),
        "views": VIEWS_ALGORITHM,
    }
    folder = out / "soft_labels" / f"{recipe.name}-{teacher.name}"
    check_bank(folder, identity)
    return identity, fill_bank(folder, identity, _views(recipe, data), distil.views, _Answer(teacher, weights))


def _views(recipe: Recipe, data: TrainingData) -> Views:
    classes = len(SCHEMES[recipe.scheme].classes)
    one_hot = np.eye(classes, dtype=np.float32)[data.train.labels]
    return Views(data.train.images.pixels, one_hot, recipe.augment, recipe.views_seed)


class _Answer:
    """A teacher that is loaded when it is first asked."""

    def __init__(self, teacher: Recipe, weights: Path) -> None:
        self.teacher, self.weights = teacher, weights
        self.model: keras.Model | None = None

    def __call__(self, pictures: Any) -> Any:
        if self.model is None:
            network(self.teacher.network.name)  # registers the layers that the file names
            keras.mixed_precision.set_dtype_policy(self.teacher.fit.mixed_precision)
            self.model = keras.models.load_model(self.weights, compile=False)
        return np.asarray(self.model.predict_on_batch(pictures), np.float32)
