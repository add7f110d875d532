"""The learning rate, and when to stop: functions of the history alone, so that a resumed run agrees."""

from collections.abc import Mapping, Sequence

import keras

from training.specs import FitSpec

MONITORED = "validation_loss"


def optimizer(fit: FitSpec, cycle: int, steps: int) -> keras.optimizers.Optimizer:
    """A fresh optimiser for a cycle of the learning rate; `steps` an epoch."""
    return keras.optimizers.get(
        {
            "class_name": fit.optimizer,
            "config": {
                "learning_rate": fit.peak_learning_rate if fit.schedule == "plateau" else _rate(fit, cycle, steps),
                "weight_decay": fit.weight_decay or None,
                "global_clipnorm": fit.gradient_norm or None,
            },
        }
    )


def plateau_rate(history: Sequence[Mapping[str, float]], fit: FitSpec) -> float:
    """The next epoch's learning rate: times `plateau_factor` after each `plateau_patience` epochs without progress.

    As keras.callbacks.ReduceLROnPlateau without cooldown: the wait starts anew after each reduction.
    """
    rate, best, waited = fit.peak_learning_rate, float("inf"), 0
    for row in history:
        if row[MONITORED] < best:
            best, waited = row[MONITORED], 0
            continue
        waited += 1
        if waited >= fit.plateau_patience:
            rate, waited = max(rate * fit.plateau_factor, fit.least_learning_rate), 0
    return rate


def best_epoch(history: Sequence[Mapping[str, float]]) -> int:
    """The epoch of the lowest validation loss, counted from 1; the first of equals. 0 without a history."""
    if not history:
        return 0
    losses = [row[MONITORED] for row in history]
    return losses.index(min(losses)) + 1


def stopped(history: Sequence[Mapping[str, float]], patience: int) -> bool:
    """Whether `patience` epochs have passed since the best one; never with a patience of 0."""
    return bool(patience) and len(history) - best_epoch(history) >= patience


def _rate(fit: FitSpec, cycle: int, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    warmup = round(fit.warmup_epochs * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        warmup_target=fit.peak_learning_rate * fit.restart_factor**cycle,
        warmup_steps=warmup,
        decay_steps=fit.cycles[cycle] * steps - warmup,
        alpha=1.0 if fit.schedule == "constant" else 0.0,
    )
