"""Writes a trained network as `.tflite` in every precision and sparsity that training/variants.py compares."""

from pathlib import Path

import keras
import numpy as np

from app.screening.preprocess import preprocess
from app.screening.runtime import PROBABILITIES
from training.datasets.images import read_image
from training.datasets.parts import few, read_split
from training.datasets.schemes import SCHEMES
from training.export import shipped_models
from training.models.mirrors import with_mirror_images
from training.models.networks import network
from training.pruning import pruned
from training.recipe import Recipe
from training.run_folder import RunFolder
from training.tflite import to_tflite
from training.trained import load_trained
from training.variants import FULL_INT8, PLAIN, SPARSITIES, pruned_name

REPRESENTATIVE = 200
"""Training pictures from which full int8 learns the ranges of activations."""


def write_variants(recipe: Recipe, data_root: Path, run: Path, folder: Path) -> None:
    """Writes `folder`/<variant>.tflite for each variant, and `folder`/<PLAIN>.tflite with the probabilities alone.

    Args:
        recipe: of the run.
        data_root: holds the data set; only its training part is read.
        run: the run folder.
        folder: exists.

    Raises:
        TrainingError: the run is of another recipe, data or split, or is not finished.
    """
    records = read_split(recipe.split, data_root)
    found = RunFolder(run)
    found.require(recipe, records.identity)
    built, malignant = network(recipe.network.name), SCHEMES[recipe.scheme].malignant_outputs
    trained = load_trained(recipe, found.result(recipe.fit))
    model, rounded = shipped_models(recipe, SCHEMES[recipe.scheme], trained, records.train)
    sample = few(records.train, REPRESENTATIVE)
    pictures = np.stack([preprocess(read_image(record.image_path), recipe.preprocess) for record in sample])

    def written(model: keras.Model) -> bytes:
        return to_tflite(with_mirror_images(model, recipe.mirrors))

    plain = built.plain(recipe.network, trained)
    contents = {
        "fp32": to_tflite(model, "fp32"),
        "fp16": to_tflite(rounded),
        "dynamic_int8": to_tflite(model, "dynamic_int8"),
        FULL_INT8: to_tflite(model, "full_int8", pictures=pictures),
        # Pruned as it was trained: batch norm, once folded, makes a weight as large as its input was small.
        **{
            pruned_name(sparsity): written(built.shipped(recipe.network, pruned(trained, sparsity), malignant))
            for sparsity in SPARSITIES
        },
        PLAIN: written(keras.Model(plain.input, {PROBABILITIES: plain.output}, name=plain.name)),
    }
    for name, content in contents.items():
        (folder / f"{name}.tflite").write_bytes(content)
