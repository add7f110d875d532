"""Trains a recipe's network on its training part and measures it on validation. Never sees the test part.

A run writes its folder as it goes: run.json (recipe, versions, digests), history.csv, and a checkpoint with
the state after the last whole epoch. A run that finds a checkpoint goes on from there to the very same result,
since order and augmentation of an epoch depend only on the seed and the epoch's number.
"""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf
from scipy.special import softmax
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from training.datasets.parts import LabelledImages, TrainingData
from training.datasets.schemes import LabelScheme
from training.errors import TrainingError
from training.losses import inverse_frequency
from training.models.networks import network
from training.objective import Objective
from training.pipeline import training_batches
from training.recipe import Recipe
from training.soft_labels import SoftLabels

LIBRARIES = ("keras", "numpy", "opencv-python-headless", "pillow", "scikit-learn")
VALIDATION_BATCH = 128
HISTORY = "history.csv"


class RunMismatch(TrainingError):
    """The run folder belongs to another recipe, data or split."""


def fit(
    recipe: Recipe, scheme: LabelScheme, data: TrainingData, run: Path, soft_labels: SoftLabels | None = None
) -> keras.Model:
    """Trains, or goes on training.

    Args:
        recipe: what to do.
        scheme: its label scheme.
        data: training and validation part.
        run: the run folder.
        soft_labels: the teachers' answers to the training part, where the recipe distils.

    Returns:
        The network with the weights of the last epoch. The learning rate ends at 0, so that they are the schedule's
        result; the highest of forty validation figures is mostly the luckiest, and validation is left for calibration.

    Raises:
        RunMismatch: `run` holds a run of another recipe, data set or split.
        TrainingError: the recipe distils and there are no soft labels, or the reverse.
    """
    if bool(recipe.distil) != bool(soft_labels):
        raise TrainingError(f"{recipe.name} {'learns' if recipe.distil else 'does not learn'} from soft labels")
    _open_run(recipe, {"data_sha256": data.data_sha256, "split_sha256": data.split_sha256}, run)
    keras.utils.set_random_seed(recipe.seed)
    keras.mixed_precision.set_dtype_policy(recipe.fit.mixed_precision)
    model, history = _start(recipe, len(scheme.classes), run)
    counts = np.bincount(data.train.labels, minlength=len(scheme.classes))
    weights = inverse_frequency(counts, power=recipe.fit.class_weight_power)
    is_malignant = np.array(scheme.malignant_outputs)
    restarts = {sum(recipe.fit.cycles[:cycle]): cycle for cycle in range(len(recipe.fit.cycles))}
    for epoch in range(len(history), recipe.fit.epochs):
        if epoch in restarts:
            _compile(model, recipe, restarts[epoch], len(data.train.labels) // recipe.fit.batch_size)
        batches = training_batches(recipe, data.train, weights, epoch, soft_labels)
        result = model.fit(batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose="auto")
        scores = _validate(model, data.validation, is_malignant)
        history.append({"epoch": epoch + 1, "loss": result.history["loss"][0], **scores})
        _save(model, history, run)
        print(f"epoch {epoch + 1}/{recipe.fit.epochs}", {key: round(value, 4) for key, value in scores.items()})
    return model


def _start(recipe: Recipe, classes: int, run: Path) -> tuple[keras.Model, list[dict[str, float]]]:
    history: list[dict[str, float]] = []
    if (run / HISTORY).is_file():
        history = pd.read_csv(run / HISTORY).to_dict("records")
    if not history:
        return network(recipe.network.name).build(recipe.network, recipe.preprocess.output_size, classes), []
    return keras.models.load_model(checkpoint(run, len(history))), history


def _compile(model: keras.Model, recipe: Recipe, cycle: int, steps: int) -> None:
    """A fresh optimiser for a cycle."""
    model.compile(
        optimizer=keras.optimizers.get(
            {
                "class_name": recipe.fit.optimizer,
                "config": {
                    "learning_rate": _schedule(recipe, cycle, steps),
                    "weight_decay": recipe.fit.weight_decay,
                    "global_clipnorm": recipe.fit.gradient_norm,
                },
            }
        ),
        loss=Objective.of(recipe),
        jit_compile=False,  # XLA is several times slower here on a CPU
    )


def _schedule(recipe: Recipe, cycle: int, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    warmup = round(recipe.fit.warmup_epochs * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=recipe.fit.peak_learning_rate * recipe.fit.restart_factor**cycle,
        warmup_steps=warmup,
        decay_steps=recipe.fit.cycles[cycle] * steps - warmup,
        alpha=1.0 if recipe.fit.schedule == "constant" else 0.0,
    )


def checkpoint(run: Path, epoch: int) -> Path:
    """Where a run keeps model and optimiser as they were after an epoch, counted from 1."""
    return run / f"checkpoint-{epoch:03}.keras"


def epochs_done(run: Path) -> int:
    """Whole epochs of a run so far."""
    return len(pd.read_csv(run / HISTORY)) if (run / HISTORY).is_file() else 0


def _validate(model: keras.Model, validation: LabelledImages, is_malignant: npt.NDArray[np.bool_]) -> dict[str, float]:
    batches = range(0, len(validation.labels), VALIDATION_BATCH)
    logits = np.concatenate(
        [
            model.predict_on_batch(validation.images.pixels[at : at + VALIDATION_BATCH].astype(np.float32) / 255)
            for at in batches
        ]
    )
    probabilities = softmax(logits, axis=1)
    truth = is_malignant[validation.labels]
    return {
        "validation_auc": float(roc_auc_score(truth, probabilities[:, is_malignant].sum(axis=1))),
        "validation_balanced_accuracy": float(balanced_accuracy_score(validation.labels, probabilities.argmax(axis=1))),
    }


def _open_run(recipe: Recipe, provenance: dict[str, str], run: Path) -> None:
    identity = json.loads(json.dumps({"recipe": recipe.to_dict(), **provenance}))
    path = run / "run.json"
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        if differing := [key for key, value in identity.items() if before.get(key) != value]:
            raise RunMismatch(
                f"{run} holds a run with another {' and '.join(differing)}; "
                "name another folder with --out, or remove it."
            )
        return
    run.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**identity, **environment()}, indent=2) + "\n", encoding="utf-8")


def environment() -> dict[str, Any]:
    """Library versions, Python version and git commit ("unknown" outside a checkout) of this process."""
    return {
        # TensorFlow's package has another name on some platforms.
        "libraries": {"tensorflow": tf.__version__, **{name: version(name) for name in LIBRARIES}},
        "python": platform.python_version(),
        "git_commit": _git("rev-parse", "--verify", "HEAD") or "unknown",
        "git_changed_files": len(_git("status", "--porcelain", "--", "app", "training").splitlines()),
    }


def _git(*arguments: str) -> str:
    folder = Path(__file__).parent.parent
    answer = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, cwd=folder)
    return answer.stdout.strip() if answer.returncode == 0 else ""


def _save(model: keras.Model, history: list[dict[str, float]], run: Path) -> None:
    # The history names the checkpoint that holds. The one before goes last, so that a cut at any point leaves a pair.
    model.save(checkpoint(run, len(history)))
    beside = run / f"writing-{HISTORY}"
    pd.DataFrame(history).to_csv(beside, index=False)
    beside.replace(run / HISTORY)
    for old in run.glob("checkpoint-*.keras"):
        if old != checkpoint(run, len(history)):
            old.unlink()
