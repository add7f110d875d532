"""What a frozen backbone makes of numbered views of pictures: computed once, kept, and read in every epoch after.

A network whose backbones do not learn spends nearly all of its time on answers that never change. So its head is
trained alone on kept features, and is put behind its backbones when it is done. A teacher that shares a student's views
answers them from the very same bank.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from training.banks import fill_bank
from training.datasets.cache import network_input
from training.datasets.parts import LabelledImages, TrainingData
from training.errors import TrainingError
from training.models.classifier import Classifier
from training.recipe import Recipe
from training.run_folder import RunFolder
from training.views import VIEWS_ALGORITHM, Inputs, Numbered, Rows, Views

FEATURES_ALGORITHM = "features-1"
"""Names how pictures become features (models/backbones.py); a change that gives others needs a new name."""

EXTRACTOR = "extractor.keras"
"""In the run folder of a network with frozen backbones: those, as its head learnt from them."""


@dataclass(frozen=True, slots=True)
class Features:
    """Attributes:
    bank: float16 (views, N, D).
    targets: float32 (N, K), one-hot.
    """

    bank: npt.NDArray[np.float16]
    targets: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.targets)

    def make(self, rows: Rows, view: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Features float32 (B, D) and targets float32 (B, K) of some rows in one view."""
        return self.bank[view][rows].astype(np.float32), self.targets[rows]


@dataclass(frozen=True, slots=True)
class Plain:
    """Pictures as they are, in the place of views.

    Attributes:
        pixels: uint8 (N, side, side, 3).
    """

    pixels: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pixels)

    def make(self, rows: Rows, view: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:  # noqa: ARG002
        """The pictures of some rows, with targets of length 0."""
        return self.pixels[rows], np.zeros((len(rows), 0), np.float32)


class Extractor:
    """The frozen backbones of a run, loaded when they are first asked.

    Args:
        recipe: of the run.
        run: its folder, which holds them.

    Raises:
        TrainingError: they are gone; other ones would give the trained head other features.
    """

    def __init__(self, recipe: Recipe, run: Path) -> None:
        path = run / EXTRACTOR
        if not path.is_file():
            raise TrainingError(f"{path} is gone, which the head in {run} learnt from; remove {run} and train again")
        self.preprocess = recipe.preprocess
        self.model = keras.models.load_model(path, compile=False)
        digest = hashlib.sha256()
        for weight in self.model.get_weights():
            digest.update(np.ascontiguousarray(weight).tobytes())
        self.digest = digest.hexdigest()

    @property
    def sizes(self) -> list[int]:
        """Length of each backbone's features."""
        return [output.shape[-1] for output in self.model.outputs]

    def __call__(self, pictures: Inputs) -> npt.NDArray[np.float32]:
        """From preprocessed pictures uint8 (B, side, side, 3) to features (B, D)."""
        found = self.model.predict_on_batch(network_input(pictures, self.preprocess))
        return np.hstack([np.asarray(part, np.float32) for part in (found if isinstance(found, list) else [found])])

    def bank(self, recipe: Recipe, part: LabelledImages, inputs: Numbered, views: int, root: Path) -> Any:
        """Features of views, from `root`, where they are kept by what they depend on.

        Args:
            recipe: whose seed and augmentation made the views.
            part: the pictures, preprocessed.
            inputs: their views, or themselves.
            views: how many.
            root: folder of all such banks.

        Returns:
            float16 (views, N, D).
        """
        augmented = isinstance(inputs, Views)
        identity = {
            "algorithm": FEATURES_ALGORITHM,
            "backbones": self.digest,
            "precision": keras.mixed_precision.dtype_policy().name,
            "augment": asdict(recipe.augment) if augmented else None,
            "seed": recipe.views_seed if augmented else None,
            "pictures": part.images.digest,
            "views": VIEWS_ALGORITHM,
        }
        name = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:24]
        return fill_bank(root / name, identity, inputs, views, self, what="features")


def kept_features(
    recipe: Recipe, data: TrainingData, views: Views, run: Path
) -> tuple[Features, npt.NDArray[np.float32], list[int]]:
    """What the head of a recipe with frozen backbones learns from.

    Returns:
        Features of the training part's views; those of the validation part, float32 (N, D); the length of each
        backbone's.
    """
    if not (run / EXTRACTOR).is_file() and not RunFolder(run).history():
        beside = run / f"writing-{EXTRACTOR}"
        Classifier(recipe.network, recipe.preprocess.output_size).extractor().save(beside)
        beside.replace(run / EXTRACTOR)
    extractor = Extractor(recipe, run)
    root = run.parent / "features"
    count = recipe.fit.views or recipe.fit.epochs
    learnt = extractor.bank(recipe, data.train, views, count, root)
    held_out = extractor.bank(recipe, data.validation, Plain(data.validation.images.pixels), 1, root)
    return Features(learnt, views.targets), held_out[0].astype(np.float32), extractor.sizes
