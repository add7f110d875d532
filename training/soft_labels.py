"""Soft-label banks: a teacher's logits for numbered views of the training pictures, asked once and kept.

A bank says what it belongs to: the teacher's weights and preprocessing, the views' augmentation and seed, the split and
the data. One that belongs to anything else is refused, never used and never overwritten.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax, logsumexp
from tqdm import tqdm

from training.errors import TrainingError
from training.views import Views

IDENTITY = "bank.json"
BATCH = 64

Logits = npt.NDArray[np.float32]


class BankMismatch(TrainingError):
    """A bank on disk belongs to another teacher, other views or other data."""


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """Attributes:
    banks: float16 (views, N, K) of each teacher.
    temperature: at which several teachers are averaged.
    source: digest of what the answers depend on; a student's run is of one source.
    """

    banks: tuple[npt.NDArray[np.float16], ...]
    temperature: float
    source: str = ""

    @property
    def views(self) -> int:
        """How many views there are."""
        return len(self.banks[0])

    def logits(self, view: int, rows: npt.NDArray[np.int64]) -> Logits:
        """float32 (B, K): logits whose softmax at the temperature is the mean of the teachers' at it."""
        answers = np.stack([bank[view][rows].astype(np.float32) for bank in self.banks]) / self.temperature
        if len(answers) > 1:
            # In logarithms throughout: a probability that underflows would give a logit of minus infinity.
            answers = logsumexp(log_softmax(answers, axis=-1), axis=0, keepdims=True) - np.log(len(answers))
        return np.asarray(answers[0] * self.temperature, np.float32)


def fill_bank(
    folder: Path, identity: dict[str, Any], views: Views, count: int, answer: Callable[[Logits], Logits]
) -> npt.NDArray[np.float16]:
    """Asks a teacher about every picture in `count` views; goes on where an interrupted filling stopped.

    Args:
        folder: of the bank.
        identity: JSON-ready; what the answers depend on.
        views: the pictures as the teacher sees them.
        count: how many views.
        answer: from pictures float32 (B, side, side, 3) 0..1 to logits (B, K).

    Returns:
        float16 (count, N, K).

    Raises:
        BankMismatch: `folder` holds answers with another identity.
    """
    check_bank(folder, identity)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / IDENTITY).write_text(json.dumps(identity, indent=1) + "\n", encoding="utf-8")
    rows = np.arange(len(views.pixels))
    for view in range(count):
        path = folder / f"view-{view:03}.npy"
        if path.is_file():
            continue
        parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        answers = [
            answer(views.make(part, view)[0].astype(np.float32) / np.float32(255))
            for part in tqdm(parts, desc=f"soft labels, view {view + 1}/{count}", unit="batch")
        ]
        # Named by its process: on a study of several workers two may fill the same bank, with the same answers.
        beside = folder / f"writing-{os.getpid()}-view-{view:03}.npy"
        np.save(beside, np.concatenate(answers).astype(np.float16))
        beside.replace(path)
    bank = np.stack([np.load(folder / f"view-{view:03}.npy") for view in range(count)])
    if bank.shape[:2] != (count, len(views.pixels)) or not np.isfinite(bank).all():
        raise BankMismatch(f"the soft labels in {folder} are not of {len(views.pixels)} pictures; remove that folder")
    return np.asarray(bank, np.float16)


def check_bank(folder: Path, identity: dict[str, Any]) -> None:
    """Raises BankMismatch where `folder` holds a bank with another identity, and says what differs."""
    if not (folder / IDENTITY).is_file():
        return
    before: dict[str, Any] = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
    expected = json.loads(json.dumps(identity))
    if differing := sorted(key for key in {*before, *expected} if before.get(key) != expected.get(key)):
        raise BankMismatch(
            f"the soft labels in {folder} belong to another {' and '.join(differing)}; remove that folder to make them "
            "anew, or name another one with --out."
        )
