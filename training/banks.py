"""Banks: what a network says to numbered views of the training pictures, asked once and kept.

A bank says what it belongs to: the network's weights and preprocessing, the views' augmentation and seed, the pictures.
One that belongs to anything else is refused, never used and never overwritten.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from training.errors import TrainingError
from training.files import write_whole
from training.views import Inputs, Numbered

IDENTITY = "bank.json"
BATCH = 64

Answers = npt.NDArray[np.float32]
Bank = npt.NDArray[np.float16]
"""(views, N, K)."""


class BankMismatch(TrainingError):
    """A bank on disk belongs to another network, other views or other data."""


def fill_bank(
    folder: Path,
    identity: dict[str, Any],
    inputs: Numbered,
    count: int,
    answer: Callable[[Inputs], Answers],
    *,
    what: str = "soft labels",
) -> Bank:
    """Asks a network about every row in `count` views; goes on where an interrupted filling stopped.

    Args:
        folder: of the bank.
        identity: JSON-ready; what the answers depend on.
        inputs: the rows as the network sees them.
        count: how many views.
        answer: from inputs (B, ...), pictures uint8 or features float32, to answers (B, K).
        what: the answers are, for messages.

    Returns:
        float16 (count, N, K).

    Raises:
        BankMismatch: `folder` holds answers with another identity.
        TrainingError: the network's answers are not finite.
    """
    check_bank(folder, identity)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / IDENTITY).is_file():
        write_whole(folder / IDENTITY, json.dumps(identity, indent=1) + "\n")
    rows = np.arange(len(inputs))
    for view in range(count):
        path = folder / view_file(view)
        if path.is_file():
            continue
        parts = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        answers = [
            answer(inputs.make(part, view)[0])
            for part in tqdm(parts, desc=f"{what}, view {view + 1}/{count}", unit="batch")
        ]
        # Named by its process: on a study of several workers two may fill the same bank, with the same answers.
        beside = folder / f"writing-{os.getpid()}-{view_file(view)}"
        kept = np.concatenate(answers).astype(np.float16)
        if not np.isfinite(kept).all():
            raise TrainingError(f"the network's {what} are not finite in half precision: it diverged; train it anew")
        np.save(beside, kept)
        beside.replace(path)
    return read_bank(folder, count, len(inputs), what=what)


def view_file(view: int) -> str:
    """Name of the file of a view's answers, float16 (N, K)."""
    return f"view-{view:03}.npy"


def read_bank(folder: Path, count: int, rows: int, *, what: str = "soft labels") -> Bank:
    """The answers of a whole bank. Raises BankMismatch where they are not of `rows` pictures."""
    bank = np.stack([np.load(folder / view_file(view)) for view in range(count)])
    if bank.shape[:2] != (count, rows):
        raise BankMismatch(f"the {what} in {folder} are not of {rows} pictures; remove that folder")
    return np.asarray(bank, np.float16)


def is_whole(folder: Path, count: int) -> bool:
    """Whether a bank has all of `count` views."""
    return all((folder / view_file(view)).is_file() for view in range(count))


def check_bank(folder: Path, identity: dict[str, Any]) -> None:
    """Raises BankMismatch where `folder` holds a bank with another identity, and says what differs."""
    if not (folder / IDENTITY).is_file():
        if any(folder.glob("view-*.npy")):
            raise BankMismatch(f"{folder} does not say what its answers belong to; remove it")
        return
    before: dict[str, Any] = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
    expected = json.loads(json.dumps(identity))
    if differing := sorted(key for key in {*before, *expected} if before.get(key) != expected.get(key)):
        raise BankMismatch(
            f"what is kept in {folder} belongs to another {' and '.join(differing)}; remove that folder to make it "
            "anew, or name another one with --out."
        )
