"""Trains a recipe's network on its training part and measures it on validation. Never sees the test part.

A run that finds its folder goes on from there to the very same result, since order and augmentation of an epoch depend
only on the seed and the epoch's number.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from app.screening.preprocess import PreprocessSpec
from training import backend
from training.datasets.cache import network_input
from training.datasets.parts import TrainingData
from training.datasets.schemes import LabelScheme
from training.errors import Diverged, TrainingError
from training.features import kept_features
from training.figures.training_curves import save_curves
from training.losses import inverse_frequency
from training.models.batch_norm import settle, take_over
from training.models.classifier import Classifier
from training.models.networks import network
from training.objective import Objective
from training.pipeline import epoch_order, picture_views, training_batches
from training.recipe import Recipe, load_recipe
from training.run_folder import History, RunFolder
from training.schedule import optimizer, plateau_rate, stopped
from training.soft_labels import Logits, SoftLabels
from training.views import Inputs, Numbered

VALIDATION_BATCH = 128
SETTLING = 256
"""Training pictures whose statistics batch norm is given where it begins to learn."""


def fit(
    recipe: Recipe, scheme: LabelScheme, data: TrainingData, run: Path, soft_labels: SoftLabels | None = None
) -> Path:
    """Trains, or goes on training.

    Args:
        recipe: what to do.
        scheme: its label scheme.
        data: training and validation part.
        run: the run folder.
        soft_labels: the teachers' answers to the training part, where the recipe distils.

    Returns:
        The file of what was trained; `training.trained.load_trained` makes it whole, since of a network with frozen
        backbones it is the head alone. Of the last epoch where the learning rate ends at 0: the highest of forty
        validation figures is mostly the luckiest, and validation is left for calibration. Of the best one where the
        recipe stops early.

    Raises:
        RunMismatch: `run` holds a run of another recipe, data set or split.
        TrainingError: the recipe distils and there are no soft labels, or the reverse.
        Diverged: the network answers with infinities.
    """
    if bool(recipe.distil) != bool(soft_labels):
        raise TrainingError(f"{recipe.name} {'learns' if recipe.distil else 'does not learn'} from soft labels")
    folder = RunFolder(run)
    folder.open(recipe, data.identity, soft_labels.source if soft_labels else None)
    keras.utils.set_random_seed(recipe.seed)
    keras.mixed_precision.set_dtype_policy(folder.precision())
    classes = len(scheme.classes)
    pictures = picture_views(recipe, data.train, classes)
    inputs: Numbered = pictures
    held_out: Inputs = data.validation.images.pixels
    build = partial(network(recipe.network.name).build, recipe.network, recipe.preprocess.output_size, classes)
    if recipe.network.frozen:
        inputs, held_out, sizes = kept_features(recipe, data, pictures, run)
        build = partial(Classifier(recipe.network, recipe.preprocess.output_size).head, sizes, classes)
        # Building backbones drew random numbers; a run that was cut before its first epoch finds them built.
        keras.utils.set_random_seed(recipe.seed)
    model, history = _start(build, folder)
    if recipe.start and not history:
        _go_on_from(model, recipe, data, run)
    labels = data.train.labels
    counts = np.bincount(labels[epoch_order(recipe, labels, 0)], minlength=classes)
    weights = inverse_frequency(counts, power=recipe.fit.class_weight_power)
    restarts = {sum(recipe.fit.cycles[:cycle]): cycle for cycle in range(len(recipe.fit.cycles))}
    steps = counts.sum() // recipe.fit.batch_size
    if not steps:
        raise TrainingError(
            f"{counts.sum()} training images do not fill a batch of {recipe.fit.batch_size}; take more images"
        )
    for epoch in range(len(history), recipe.fit.epochs):
        if stopped(history, recipe.fit.patience):
            break
        if epoch in restarts:
            model.compile(
                optimizer=optimizer(recipe.fit, restarts[epoch], steps),
                loss=Objective.of(recipe),
                jit_compile=backend.compiles_steps(),
            )
        if recipe.fit.schedule == "plateau":
            model.optimizer.learning_rate = plateau_rate(history, recipe.fit)
        _reseed(model, recipe.seed, epoch)
        started = time.monotonic()
        batches = training_batches(recipe, inputs, labels, weights, epoch, soft_labels)
        result = model.fit(batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose="auto")
        logits = predict_logits(model, held_out, recipe.preprocess)
        scores = _validate(logits, data.validation.labels, np.array(scheme.malignant_outputs))
        seconds = round(time.monotonic() - started, 1)
        history.append({"epoch": epoch + 1, "loss": result.history["loss"][0], **scores, "seconds": seconds})
        folder.save(model, history, recipe.fit)
        save_curves(history, run / "curves.png", f"{recipe.name}, so far")
        left = str(timedelta(seconds=round(seconds * (recipe.fit.epochs - epoch - 1))))
        shown = {key: round(value, 4) for key, value in scores.items()}
        print(f"epoch {epoch + 1}/{recipe.fit.epochs} in {seconds:.0f} s, at most {left} to go: {shown}")
    return folder.result(recipe.fit)


def _start(build: Callable[[], keras.Model], folder: RunFolder) -> tuple[keras.Model, History]:
    if history := folder.history():
        last = folder.checkpoint(len(history))
        if not last.is_file():
            raise TrainingError(
                f"{last} is gone, which the history beside it names; remove {folder.path} to start anew"
            )
        return keras.models.load_model(last), history
    return build(), []


def _go_on_from(model: keras.Model, recipe: Recipe, data: TrainingData, run: Path) -> None:
    """Gives a new network the weights of the trained one that the recipe starts from."""
    before = load_recipe(recipe.start)
    # Batch norm that was kept can learn from here on.
    network = replace(before.network, learns_norm=recipe.network.learns_norm)
    if (before.dataset, before.split, before.scheme, network) != (
        recipe.dataset, recipe.split, recipe.scheme, recipe.network,
    ):  # fmt: skip
        raise TrainingError(
            f"{recipe.name} cannot go on from {before.name}: its data set, split, label scheme or network is another"
        )
    folder = RunFolder(run.parent / before.name)
    weights = folder.result(before.fit)
    folder.require(before, data.identity)
    if missing := take_over(keras.models.load_model(weights, compile=False), model):
        raise TrainingError(f"{before.name} was trained with a network that has no {sorted(missing)}; train it anew")
    if recipe.network.learns_norm and not before.network.learns_norm:
        pictures = data.train.images.pixels
        rows = np.linspace(0, len(pictures) - 1, min(SETTLING, len(pictures)), dtype=np.int64)
        parts = np.array_split(rows, max(1, len(rows) // recipe.fit.batch_size))
        settle(model, (network_input(pictures[part], recipe.preprocess) for part in parts))


def _reseed(model: keras.Model, seed: int, epoch: int) -> None:
    """Dropout of an epoch depends on the seed, the layer and the epoch alone: its state is in no checkpoint."""
    for number, layer in enumerate(_dropouts(model)):
        # A step adds 1 to the second number; masks of one epoch are not those of the next, a step later.
        state = np.random.SeedSequence([seed, number, epoch]).generate_state(2)
        layer.seed_generator.state.assign(state.astype(np.uint32))


def _dropouts(layer: keras.layers.Layer) -> list[keras.layers.Dropout]:
    inner = [found for each in getattr(layer, "layers", ()) for found in _dropouts(each)]
    return [layer, *inner] if isinstance(layer, keras.layers.Dropout) else inner


def predict_logits(model: keras.Model, inputs: Inputs, spec: PreprocessSpec) -> Logits:
    """A network's float32 logits (N, K) of cached pictures uint8 (N, side, side, 3), or a head's of features (N, D).

    Raises:
        Diverged: some are infinite.
    """
    batches = [inputs[at : at + VALIDATION_BATCH] for at in range(0, len(inputs), VALIDATION_BATCH)]
    answers = [model.predict_on_batch(network_input(batch, spec)) for batch in batches]
    logits = np.concatenate([np.asarray(answer, np.float32) for answer in answers])
    if not np.isfinite(logits).all():
        raise Diverged("the network answers with infinities: it diverged. Lower the recipe's learning rate")
    return np.asarray(logits, np.float32)


def _validate(logits: Logits, labels: npt.NDArray[np.int64], is_malignant: npt.NDArray[np.bool_]) -> dict[str, float]:
    log_p = log_softmax(logits.astype(np.float64), axis=1)
    probabilities = np.exp(log_p)
    truth = is_malignant[labels]
    return {
        "validation_loss": float(-log_p[np.arange(len(log_p)), labels].mean()),
        "validation_auc": float(roc_auc_score(truth, probabilities[:, is_malignant].sum(axis=1))),
        "validation_balanced_accuracy": float(balanced_accuracy_score(labels, probabilities.argmax(axis=1))),
    }
