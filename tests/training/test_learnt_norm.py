"""Batch norm of a pretrained backbone that learns: the same network at the start, and not a stranger in training."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from training.models.batch_norm import BatchNorm, settle, take_over, with_fused_norm
from training.models.networks import network
from training.specs import NetworkSpec
from training.weights import backbone

RANDOM = np.random.default_rng(1)
SIDE = 32
KEPT = NetworkSpec(name="conv_smoke", weights="random", dropout=0.1)
LEARNT = replace(KEPT, learns_norm=True)


def far_from_random(model: keras.Model) -> keras.Model:
    """Batch norm as a network that was trained on other pictures has it."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([RANDOM.uniform(0.5, 2, row.shape) for row in layer.get_weights()])
        elif isinstance(layer, keras.Model):
            far_from_random(layer)
    return model


def pictures(count: int) -> np.ndarray:
    return RANDOM.random((count, SIDE, SIDE, 3), np.float32)


def test_a_network_with_fused_norm_is_the_same_network() -> None:
    source = far_from_random(backbone("conv_smoke", side=SIDE, weights="random")[0])
    fused = with_fused_norm(source)
    assert sum(isinstance(layer, BatchNorm) for layer in fused.layers) == 2
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in fused.layers)
    values = pictures(4)
    expected = source.predict(values, verbose=0)
    assert fused.predict(values, verbose=0) == pytest.approx(expected, abs=1e-5)
    assert expected.std() > 0.1


def test_its_norm_learns_where_the_recipe_says_so() -> None:
    model = network(LEARNT.name).build(LEARNT, SIDE, 7)
    norms = [layer for layer in model.get_layer("conv_smoke").layers if isinstance(layer, BatchNorm)]
    before = [row.copy() for layer in norms for row in layer.get_weights()]
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    model.fit(pictures(8), RANDOM.random((8, 7)), epochs=1, batch_size=4, verbose=0)
    after = [row for layer in norms for row in layer.get_weights()]
    assert len(after) == 8
    assert all(not np.allclose(old, new) for old, new in zip(before, after, strict=True))


@pytest.mark.parametrize("spec", [replace(KEPT, frozen=True), replace(KEPT, name="three_block")])
def test_it_cannot_learn_where_nothing_of_a_backbone_does(spec: NetworkSpec) -> None:
    with pytest.raises(ValueError, match="fine-tuned"):
        replace(spec, learns_norm=True)


def test_a_network_goes_on_from_one_whose_norm_was_kept_with_the_same_answers() -> None:
    kept = far_from_random(network(KEPT.name).build(KEPT, SIDE, 7))
    learnt = network(LEARNT.name).build(LEARNT, SIDE, 7)
    assert not take_over(kept, learnt)
    values = pictures(64)
    expected = kept.predict(values, verbose=0)
    strange = np.asarray(learnt(values, training=True))
    take_over(kept, learnt)  # training has renewed its statistics
    settle(learnt, np.split(values, 4))
    assert learnt.predict(values, verbose=0) == pytest.approx(expected, abs=1e-4)
    # With the statistics of the whole it is in training what it is in service, but for dropout.
    unlike = np.abs(np.asarray(learnt(values, training=True)) - expected).mean()
    assert unlike < 0.5 * np.abs(strange - expected).mean()


def test_layers_that_are_not_found_are_named() -> None:
    whole = network(LEARNT.name).build(LEARNT, SIDE, 7)
    part = keras.Model(whole.input, whole.get_layer("features").output)
    (missing,) = take_over(part, whole)
    assert missing == whole.layers[-1].name
