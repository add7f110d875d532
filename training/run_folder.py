"""A run's folder: run.json says what made it, history.csv what happened, checkpoints where it stands.

A run that is cut at any point goes on from its last whole epoch.
"""

import hashlib
import json
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from training import backend
from training.datasets.manifests import SplitIdentity
from training.errors import TrainingError
from training.files import write_whole
from training.recipe import Recipe, load_recipe
from training.schedule import best_epoch, stopped
from training.specs import FitSpec

LIBRARIES = ("keras", "numpy", "opencv-python-headless", "pillow", "scikit-learn")
RECORD = "run.json"
HISTORY = "history.csv"
BEST = "best.keras"

History = list[dict[str, float]]


class RunMismatch(TrainingError):
    """The run folder belongs to another recipe, data or split."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Attributes:
    path: the folder; it need not exist yet.
    """

    path: Path

    def open(self, recipe: Recipe, split: SplitIdentity, soft_labels: str | None = None) -> None:
        """Writes run.json, or compares it; `soft_labels` is the source of those that the run learns from.

        Raises:
            RunMismatch: the folder holds a run of another recipe, data set or split.
        """
        if (self.path / RECORD).is_file():
            self.require(recipe, split)
            if self.record().get("soft_labels") != soft_labels:
                raise RunMismatch(
                    f"{self.path} holds a run that learnt from other soft labels; name another folder with --out, or "
                    "remove it."
                )
            return
        self.path.mkdir(parents=True, exist_ok=True)
        precision = backend.precision(recipe.fit.mixed_precision)
        record = {
            "recipe": recipe.to_dict(), **_digests(split), "soft_labels": soft_labels, "precision": precision,
            "start": self._start(recipe), **environment(),
        }  # fmt: skip
        write_whole(self.path / RECORD, json.dumps(record, indent=2) + "\n")

    def require(self, recipe: Recipe, split: SplitIdentity) -> None:
        """Sees to it that the run is of this recipe, whatever its version and note, and of this data and split.

        Raises:
            RunMismatch: it is not; a later verb would measure it on pictures that it was trained on.
            TrainingError: there is no run.
        """
        if not (self.path / RECORD).is_file():
            raise TrainingError(f"{self.path} holds no run; run `train` first, or name --out")
        before = self.record()
        differing = [key for key, value in _digests(split).items() if before.get(key) != value]
        if not recipe.trains_as(Recipe.from_dict(before["recipe"])):
            differing.insert(0, "recipe")
        if (start := self._start(recipe)) and before.get("start") not in (None, start):
            differing.append("network that it went on from")
        if differing:
            raise RunMismatch(
                f"{self.path} holds a run with another {' and '.join(differing)}; "
                "name another folder with --out, or remove it."
            )

    def _start(self, recipe: Recipe) -> str | None:
        """Digest of the training of the network that a recipe goes on from, which lies beside this run."""
        history = self.path.parent / recipe.start / HISTORY
        return hashlib.sha256(history.read_bytes()).hexdigest() if recipe.start and history.is_file() else None

    def before(self, recipe: Recipe) -> list[dict[str, Any]]:
        """What the network had learnt before: {"recipe", "epochs", "side" (of its pictures)}, the first one first."""
        if not recipe.start:
            return []
        run, start = RunFolder(self.path.parent / recipe.start), load_recipe(recipe.start)
        side = start.preprocess.output_size
        return [*run.before(start), {"recipe": start.name, "epochs": len(run.history()), "side": side}]

    def record(self) -> dict[str, Any]:
        """What made the run: its recipe, versions, and digests."""
        record: dict[str, Any] = json.loads((self.path / RECORD).read_text(encoding="utf-8"))
        return record

    def precision(self) -> str:
        """The dtype policy that the run began with; on another machine it goes on with the same."""
        record = self.record()
        # Runs from before there was "auto" have it in the recipe alone.
        return str(record.get("precision", record["recipe"]["fit"]["mixed_precision"]))

    def history(self) -> History:
        """A row each whole epoch so far."""
        table = self.path / HISTORY
        rows: History = pd.read_csv(table, float_precision="round_trip").to_dict("records") if table.is_file() else []
        return rows

    def checkpoint(self, epoch: int) -> Path:
        """Where model and optimiser are kept as they were after an epoch, counted from 1."""
        return self.path / f"checkpoint-{epoch:03}.keras"

    def save(self, model: keras.Model, history: History, fit: FitSpec) -> None:
        """Keeps the state after the last epoch of `history`, and the best one where the recipe stops early."""
        # The history names the checkpoint that holds. The one before goes last, so that a cut at any point leaves a
        # pair.
        model.save(self.checkpoint(len(history)))
        if fit.patience and best_epoch(history) == len(history):
            beside = self.path / "writing-best.keras"
            model.save(beside)
            beside.replace(self.path / BEST)
        beside = self.path / f"writing-{HISTORY}"
        pd.DataFrame(history).to_csv(beside, index=False)
        beside.replace(self.path / HISTORY)
        for old in self.path.glob("checkpoint-*.keras"):
            if old != self.checkpoint(len(history)):
                old.unlink()

    def is_finished(self, fit: FitSpec) -> bool:
        """Whether all epochs are done, or the recipe has stopped early."""
        history = self.history()
        return len(history) >= fit.epochs or stopped(history, fit.patience)

    def result(self, fit: FitSpec) -> Path:
        """The trained model: of the best epoch where the recipe stops early, else of the last.

        Raises:
            TrainingError: the run is not finished.
        """
        history = self.history()
        if not self.is_finished(fit):
            raise TrainingError(
                f"{self.path} holds {len(history)} of {fit.epochs} epochs; run `train` first, or name --out"
            )
        trained = self.path / BEST if fit.patience else self.checkpoint(len(history))
        if not trained.is_file():
            raise TrainingError(
                f"{trained} is gone, which {HISTORY} beside it names; remove {self.path} and train again"
            )
        return trained


def _digests(split: SplitIdentity) -> dict[str, str]:
    return {"data_sha256": split.data_sha256, "split_sha256": split.split_sha256}


def environment() -> dict[str, Any]:
    """Library versions, Python version and git commit ("unknown" outside a checkout) of this process."""
    return {
        "libraries": {backend.name(): backend.version(), **{name: version(name) for name in LIBRARIES}},
        "python": platform.python_version(),
        "git_commit": _git("rev-parse", "--verify", "HEAD") or "unknown",
        "git_changed_files": len(_git("status", "--porcelain", "--", "app", "training").splitlines()),
    }


def _git(*arguments: str) -> str:
    folder = Path(__file__).parent.parent
    answer = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False, cwd=folder)
    return answer.stdout.strip() if answer.returncode == 0 else ""
