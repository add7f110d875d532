"""Brings a student's teachers and its views together: soft labels for `fit`."""

import hashlib
import json
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.banks import check_bank, fill_bank, is_whole
from training.datasets.cache import network_input
from training.datasets.parts import TrainingData, training_data
from training.datasets.schemes import SCHEMES
from training.errors import TrainingError
from training.features import Extractor, Features
from training.label_store import STORE, bank_name, is_kept, keep, kept
from training.models.networks import network
from training.pipeline import picture_views
from training.recipe import Recipe, load_recipe
from training.run_folder import RunFolder
from training.soft_labels import Logits, SoftLabels, Teacher, from_bank
from training.specs import DistilSpec
from training.trained import load_trained
from training.views import VIEWS_ALGORITHM, Numbered, Rows, Views


def teachers_soft_labels(recipe: Recipe, data_root: Path, out: Path, *, store: Path | None = STORE) -> SoftLabels:
    """The teachers' answers to the views of a recipe's training part.

    Those that `label_store` keeps are taken; else the trained teachers are asked, and what was asked before is read.

    Args:
        recipe: of the student, with `distil`.
        data_root: holds the data set.
        out: holds the teachers' run folders, the caches and the banks.
        store: of kept answers; None asks the teachers, whatever is kept.

    Raises:
        TrainingError: the recipe has no teachers, one is not trained, or was trained on another split or scheme.
        BankMismatch: a bank on disk belongs to something else.
    """
    spec = _taught(recipe)
    found = [_teacher(recipe, spec.views, load_recipe(name), data_root, out, store) for name in spec.teachers]
    source = hashlib.sha256(json.dumps([identity for identity, _ in found], sort_keys=True).encode()).hexdigest()
    return SoftLabels(tuple(teacher for _, teacher in found), spec.temperature, spec.views, source)


def keep_soft_labels(recipe: Recipe, data_root: Path, out: Path, store: Path = STORE) -> list[Path]:
    """Asks the trained teachers of a recipe, whatever was kept, and puts their answers into `label_store`.

    Raises:
        TrainingError: as `teachers_soft_labels`; there are no views to be kept, or they are too large.
    """
    spec = _taught(recipe)
    if not spec.views:
        raise TrainingError(f"{recipe.name} has a new view in each epoch: there are no answers to be kept")
    teachers_soft_labels(recipe, data_root, out, store=None)
    banks = out / "soft_labels"
    return [
        keep(banks / bank_name(recipe, name), load_recipe(name), RunFolder(out / name).record(), spec.views, store)
        for name in spec.teachers
    ]


def _taught(recipe: Recipe) -> DistilSpec:
    if recipe.distil is None:
        raise TrainingError(f"{recipe.name} has no teachers; use `train`")
    return recipe.distil


def _teacher(
    recipe: Recipe, count: int, teacher: Recipe, data_root: Path, out: Path, store: Path | None
) -> tuple[dict[str, Any], Teacher]:
    if (teacher.dataset, teacher.split, teacher.scheme) != (recipe.dataset, recipe.split, recipe.scheme):
        raise TrainingError(
            f"{teacher.name} was trained on {teacher.split} with {teacher.scheme}, {recipe.name} is on {recipe.split} "
            f"with {recipe.scheme}: a teacher that saw the student's test part would leak it"
        )
    scheme = SCHEMES[recipe.scheme]
    if store and count and is_kept(name := bank_name(recipe, teacher.name), store):
        data = training_data(recipe, scheme, data_root, out / "cache")
        identity, bank = kept(name, teacher, _asked(recipe, teacher, data), len(data.train.labels), count, store)
        return identity, from_bank(bank)
    run = RunFolder(out / teacher.name)
    weights = run.result(teacher.fit)
    # The teacher sees the student's pictures and views through its own preprocessing.
    data = training_data(replace(recipe, preprocess=teacher.preprocess), scheme, data_root, out / "cache")
    run.require(teacher, data.identity)
    keras.mixed_precision.set_dtype_policy(run.precision())
    network(teacher.network.name)  # registers the layers that its file names
    extractor = Extractor(teacher, run.path) if teacher.network.frozen else None
    identity = {
        "teacher": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "backbones": extractor.digest if extractor else None,
        **_asked(recipe, teacher, data),
    }
    views = picture_views(recipe, data.train, len(scheme.classes))
    if not count:
        return identity, _OnLine(teacher, load_trained(teacher, weights), views)
    folder = out / "soft_labels" / bank_name(recipe, teacher.name)
    check_bank(folder, identity)
    inputs: Numbered = views
    if extractor and not is_whole(folder, count):
        # Where teacher and student share augmentation and seed, the teacher has learnt from these very features.
        inputs = Features(extractor.bank(recipe, data.train, views, count, out / "features"), views.targets)
    return identity, from_bank(fill_bank(folder, identity, inputs, count, _Answer(teacher, weights)))


def _asked(recipe: Recipe, teacher: Recipe, data: TrainingData) -> dict[str, Any]:
    """What a teacher is asked: which views of which pictures."""
    return {
        "preprocess": teacher.preprocess.to_dict(),
        "augment": asdict(recipe.augment),
        "seed": recipe.views_seed,
        "split": data.identity.split_sha256,
        "data": data.identity.data_sha256,
        "pictures": hashlib.sha256("\n".join(data.train.images.image_ids).encode()).hexdigest(),
        "views": VIEWS_ALGORITHM,
    }


class _Answer:
    """A teacher, or its head, that is loaded when it is first asked."""

    def __init__(self, teacher: Recipe, weights: Path) -> None:
        self.preprocess = teacher.preprocess
        self.weights = weights
        self.model: keras.Model | None = None

    def __call__(self, inputs: Any) -> Any:
        if self.model is None:
            self.model = keras.models.load_model(self.weights, compile=False)
        return np.asarray(self.model.predict_on_batch(network_input(inputs, self.preprocess)), np.float32)


class _OnLine:
    """A teacher that answers while the student learns: where it is fast beside the student, as on a GPU."""

    def __init__(self, teacher: Recipe, model: keras.Model, views: Views) -> None:
        self.preprocess = teacher.preprocess
        self.model = model
        self.views = views
        # Batches are made on several threads, and Keras builds its prediction step when it is first asked.
        self.lock = threading.Lock()

    def __call__(self, view: int, rows: Rows) -> Logits:
        pictures = network_input(self.views.make(rows, view)[0], self.preprocess)
        with self.lock:
            return np.asarray(self.model.predict_on_batch(pictures), np.float32)
