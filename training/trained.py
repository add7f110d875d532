"""The trained network of a finished run, whole, whichever way it was trained."""

from pathlib import Path

import keras

from training.features import EXTRACTOR
from training.models.classifier import joined
from training.models.networks import network
from training.recipe import Recipe


def load_trained(recipe: Recipe, weights: Path) -> keras.Model:
    """From pictures (N, side, side, 3) to logits (N, K); a head that learnt alone stands behind its backbones again.

    Args:
        recipe: of the run.
        weights: what `RunFolder.result` gives.
    """
    network(recipe.network.name)  # registers the layers that the file names
    model = keras.models.load_model(weights, compile=False)
    if not recipe.network.frozen:
        return model
    return joined(keras.models.load_model(weights.parent / EXTRACTOR, compile=False), model, recipe.network.name)
