"""One trial: trains a cell in a run folder of its own and measures it on validation, never on the test part."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from scipy.special import softmax

from app.evaluation.bootstrap import BOOTSTRAP_SEED, measure
from app.evaluation.metrics import METRICS, Answers
from training.ablate.plan import MEASURED, Cell, Plan
from training.datasets.cache import preprocessed
from training.datasets.parts import LabelledImages, SplitRecords, TrainingData, few, labels, read_split
from training.datasets.schemes import SCHEMES
from training.distil import teachers_soft_labels
from training.fit import fit, predict_logits
from training.recipe import Recipe
from training.run_folder import RunFolder
from training.soft_labels import SoftLabels
from training.trained import load_trained


@dataclass(frozen=True, slots=True)
class Trainer:
    """Trains cells of a plan.

    Attributes:
        plan: of the study.
        data_root: holds the data set.
        out: holds the teachers' run folders, the caches, the banks and ablation/NAME/<trial>.
    """

    plan: Plan
    data_root: Path
    out: Path

    def prepare(self) -> dict[str, Any]:
        """Preprocesses the base's pictures and asks its teachers, so that several workers need not do it at once.

        Returns:
            What every trial of the study is to learn from, JSON-ready: digests of data, split and soft labels.

        Raises:
            TrainingError: data or teachers are not there.
        """
        records = self._records()
        self._data(self.plan.base, records)
        found = [self._soft_labels(next(cell for cell in self.plan.cells if cell.arm == arm)) for arm in self.plan.arms]
        identity = records.identity
        return {
            "data": identity.data_sha256,
            "split": identity.split_sha256,
            "soft labels": next((soft.source for soft in found if soft), None),
        }

    def train(self, cell: Cell) -> dict[str, Any]:
        """Trains a cell, or goes on where its run folder stands.

        Returns:
            JSON-ready: {metric: {"value", "low", "high"}} of MEASURED, on validation at a probability of 0.5 without
            calibration (which is fitted on that part), with 95 % intervals over its lesions; "epochs" that were
            trained, "epochs_before" that the run folder had already, "seconds" of the others and of measuring.

        Raises:
            Diverged: the network answers with infinities.
        """
        keras.backend.clear_session()
        started = time.perf_counter()
        recipe, scheme, records = cell.recipe, SCHEMES[cell.recipe.scheme], self._records()
        data = self._data(recipe, records)
        run = RunFolder(self.out / "ablation" / self.plan.name / cell.name)
        before = len(run.history())
        trained = load_trained(recipe, fit(recipe, scheme, data, run.path, self._soft_labels(cell)))
        logits = predict_logits(trained, data.validation.images.pixels, recipe.preprocess)
        probabilities = softmax(logits.astype(np.float64), axis=1)
        is_malignant = np.array(scheme.malignant_outputs)
        answers = Answers(
            malignant=is_malignant[data.validation.labels],
            p_malignant=np.minimum(probabilities[:, is_malignant].sum(axis=1), 1.0),
            labels=data.validation.labels,
            classes=probabilities.argmax(axis=1),
            weights=np.ones(len(logits)),
        )
        measured = measure(
            answers,
            [record.group for record in few(records.validation, self.plan.validation_images)],
            seed=BOOTSTRAP_SEED,
            metrics={name: METRICS[name] for name in MEASURED},
        )
        seconds = round(time.perf_counter() - started, 1)
        return {**measured, "epochs": len(run.history()), "epochs_before": before, "seconds": seconds}

    def _records(self) -> SplitRecords:
        return read_split(self.plan.base.split, self.data_root)

    def _data(self, recipe: Recipe, records: SplitRecords) -> TrainingData:
        scheme, cache = SCHEMES[recipe.scheme], self.out / "cache"
        parts = (few(records.train, recipe.images), few(records.validation, self.plan.validation_images))
        train, validation = (
            LabelledImages(preprocessed(part, recipe.preprocess, cache), labels(part, scheme)) for part in parts
        )
        return TrainingData(train, validation, records.identity)

    def _soft_labels(self, cell: Cell) -> SoftLabels | None:
        """The teachers' answers, from the one bank that all cells share: nothing that is varied changes them.

        The teachers see the study's views through their own preprocessing. Where the study uses all pictures, this is
        the very bank of the recipe's own training.
        """
        base, distil = self.plan.base, self.plan.base.distil
        if cell.recipe.distil is None or distil is None:
            return None
        most = max(cell.recipe.fit.epochs, *(planned.recipe.fit.epochs for planned in self.plan.cells))
        few_images = "" if base.images == self.plan.validation_images else f"-{base.images}images"
        # An epoch beyond the last view sees the first again; a study of fewer epochs needs no more views than those.
        distil = replace(distil, views=min(distil.views, most))
        if few_images:
            distil = replace(distil, bank=f"{distil.bank or base.bundle}{few_images}")
        asked = replace(base, distil=distil)
        found = teachers_soft_labels(asked, self.data_root, self.out)
        return replace(found, temperature=cell.recipe.distil.temperature)
