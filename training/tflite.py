"""From a Keras model to the bytes of a `.tflite` file whose signature names its outputs."""

import tempfile
from collections.abc import Iterator
from typing import Any, Literal, get_args

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

PICTURE = "picture"
"""Name of the input in the signature."""

Precision = Literal["fp32", "fp16", "dynamic_int8", "full_int8"]
"""fp32; weights as float16; weights as int8 and activations quantised as they come; weights and activations as int8."""


def to_tflite(
    model: keras.Model, precision: Precision = "fp16", *, pictures: npt.NDArray[np.float32] | None = None
) -> bytes:
    """Converts to TFLite for one picture at a time.

    The batch is fixed to 1: shapes are then constants, and nothing in the file computes them. Input and outputs are
    float32 in every precision.

    Args:
        model: float32, from pictures (N, side, side, 3) to a dictionary of outputs, or to one.
        precision: of weights and activations.
        pictures: float32 (N, side, side, 3) of the training part, from which `full_int8` learns the ranges of
            the activations.

    Raises:
        ValueError: `full_int8` without pictures, or an unknown precision.
    """
    if precision not in get_args(Precision) or (precision == "full_int8") != (pictures is not None):
        raise ValueError(f"a precision of {get_args(Precision)} is needed, with pictures for full_int8 alone")
    archive = keras.export.ExportArchive()
    archive.track(model)
    signature = [tf.TensorSpec((1, *model.input_shape[1:]), tf.float32, name=PICTURE)]
    archive.add_endpoint("serving_default", lambda picture: model(picture, training=False), input_signature=signature)
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if precision != "fp32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "fp16":
            converter.target_spec.supported_types = [tf.float16]
        if pictures is not None:
            converter.representative_dataset = lambda: _one_by_one(pictures)
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        content: bytes = converter.convert()
    return content


def answered(content: bytes, pictures: npt.NDArray[np.float32], output: str) -> npt.NDArray[np.float32]:
    """What a `.tflite` file gives for pictures (N, side, side, 3), with TensorFlow's own runtime: (N, ...)."""
    run = tf.lite.Interpreter(model_content=content).get_signature_runner()
    return np.stack([run(**{PICTURE: picture[np.newaxis]})[output][0] for picture in pictures])


def _one_by_one(pictures: npt.NDArray[np.float32]) -> Iterator[dict[str, Any]]:
    for picture in pictures:
        yield {PICTURE: picture[np.newaxis]}
