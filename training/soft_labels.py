"""Soft labels: the teachers' answers to the views that a student learns from, kept or asked as they are needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, logsumexp

from training.views import Rows

Logits = npt.NDArray[np.float32]
Teacher = Callable[[int, Rows], Logits]
"""From a view and rows to logits (B, K)."""


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """Attributes:
    teachers: each gives its answers to rows of a view.
    temperature: at which several teachers are averaged.
    source: digest of what the answers depend on; a student's run is of one source.
    views: how many there are, after which they come again; 0 where every epoch has its own.
    """

    teachers: Sequence[Teacher]
    temperature: float
    views: int
    source: str = ""

    def logits(self, view: int, rows: Rows) -> Logits:
        """float32 (B, K): logits whose softmax at the temperature is the mean of the teachers' at it."""
        answers = np.stack([np.asarray(ask(view, rows), np.float32) for ask in self.teachers]) / self.temperature
        if len(answers) > 1:
            # In logarithms throughout: a probability that underflows would give a logit of minus infinity.
            answers = logsumexp(log_softmax(answers, axis=-1), axis=0, keepdims=True) - np.log(len(answers))
        return np.asarray(answers[0] * self.temperature, np.float32)


def from_bank(bank: npt.NDArray[np.float16]) -> Teacher:
    """A teacher whose answers, float16 (views, N, K), are kept."""
    return lambda view, rows: bank[view][rows].astype(np.float32)
