"""Rounding of weights to half precision that keeps a layer's answers, not just each weight.

TFLite keeps weights as float16. Rounded one by one, the errors of a kernel add up wherever its inputs go together, as
neighbouring pixels do. So each weight is rounded in turn and its error is made up for by those that are still to come
(Frantar et al. 2023, GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers, algorithm 1).
"""

import keras
import numpy as np
import numpy.typing as npt

PATCHES = 20_000
DAMPING = 1e-3
"""Share of the mean diagonal that is added to the second moments, so that they can be inverted."""


def round_convolutions(model: keras.Model, pictures: npt.NDArray[np.float32], *, seed: int = 1) -> None:
    """Rounds kernels and biases of all convolutions of a student to half precision, in place.

    Each with the inputs that it had before anything was rounded. Dense layers are left: TFLite rounds them one by one.

    Args:
        model: `shipped_form` of a student, float32.
        pictures: float32 (N, side, side, 3), 0..1, of the training part.
        seed: of the choice of patches.
    """
    random = np.random.default_rng(seed)
    layers = [each for each in model.layers if isinstance(each, keras.layers.Conv2D | keras.layers.DepthwiseConv2D)]
    rounded = []
    for layer in layers:
        inputs = keras.Model(model.input, layer.input).predict(pictures, batch_size=16, verbose=0)
        kernel, bias = layer.get_weights()
        height, width, depth, _ = kernel.shape
        patches = _patches(inputs, height, width, random)
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            # Each channel is a map of its own.
            planes = patches.reshape(PATCHES, height * width, depth)
            moments = np.einsum("pic,pjc->cij", planes, planes, optimize=True) / PATCHES
            rows = kernel.reshape(height * width, depth)
            found = np.concatenate(
                [round_rows(rows[:, [channel]], moments[channel]) for channel in range(depth)], axis=1
            )
        else:
            found = round_rows(kernel.reshape(-1, kernel.shape[-1]), patches.T @ patches / PATCHES)
        rounded.append([found.reshape(kernel.shape), bias.astype(np.float16).astype(np.float32)])
    for layer, weights in zip(layers, rounded, strict=True):
        layer.set_weights(weights)


def round_rows(weights: npt.NDArray[np.float32], moments: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Rounds weights (D, K) to half precision so that inputs with second moments (D, D) give nearly the same outputs.

    Args:
        weights: of a linear map from D inputs to K outputs.
        moments: mean of x xᵀ over the inputs x.

    Returns:
        float32 (D, K), each value one that float16 has.
    """
    size = len(moments)
    # Inputs that are always 0, as of a channel that ReLU switches off, say nothing: then plainly.
    damped = moments + (DAMPING * np.trace(moments) / size or 1) * np.eye(size)
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    left = weights.astype(np.float64)
    for row in range(size):
        rounded = left[row].astype(np.float16).astype(np.float64)
        left[row + 1 :] -= np.outer(upper[row, row + 1 :], (left[row] - rounded) / upper[row, row])
        left[row] = rounded
    return left.astype(np.float32)


def _patches(
    inputs: npt.NDArray[np.float32], height: int, width: int, random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Random windows (PATCHES, height * width * C) of inputs (N, H, W, C), padded with 0 as the convolution pads."""
    count, rows, columns, _ = inputs.shape
    padded = np.pad(inputs, ((0, 0), (height // 2,) * 2, (width // 2,) * 2, (0, 0)))
    picture, row, column = (random.integers(0, limit, PATCHES) for limit in (count, rows, columns))
    offsets = [(down, right) for down in range(height) for right in range(width)]
    windows = [padded[picture, row + down, column + right] for down, right in offsets]
    return np.asarray(np.stack(windows, axis=1).reshape(PATCHES, -1), np.float64)
