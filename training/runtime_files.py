"""Writes the networks that training/runtimes.py times, as they would be shipped: three outputs, fp16.

Their weights are random: what an inference takes does not depend on them.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import keras

from training.models.activation_map import with_activation_map
from training.models.networks import network
from training.runtimes import CLASSES, STUDENTS
from training.specs import NetworkSpec
from training.tflite import to_tflite

APPLICATIONS = {
    "mobilenet_v1": keras.applications.MobileNet,
    "mobilenet_v2": keras.applications.MobileNetV2,
    "efficientnet_b0": keras.applications.EfficientNetB0,
    "densenet169": keras.applications.DenseNet169,
    "inception_v3": keras.applications.InceptionV3,
    "resnet50": keras.applications.ResNet50,
    "resnet101": keras.applications.ResNet101,
    "vgg16": keras.applications.VGG16,
}
PARAMETERS = "parameters.json"
MALIGNANT = (True, *(False,) * (CLASSES - 1))
"""Any would do: as many columns are added up whichever they are."""


def write_networks(names: Sequence[str], side: int, folder: Path) -> None:
    """Writes `folder`/<name>.tflite for each network, and {name: number of parameters} as PARAMETERS."""
    parameters = {}
    for name in names:
        print(f"converting {name}")
        model = build(name, side)
        parameters[name] = model.count_params()
        (folder / f"{name}.tflite").write_bytes(to_tflite(model))
        keras.backend.clear_session()
    (folder / PARAMETERS).write_text(json.dumps(parameters), encoding="utf-8")


def build(name: str, side: int) -> keras.Model:
    """A student, or a backbone with global average pooling and one dense layer, of CLASSES classes, with its map."""
    if name in STUDENTS:
        student, spec = network(name), NetworkSpec(name=name, weights="random")
        return student.shipped(spec, student.build(spec, side, CLASSES), MALIGNANT)
    base = APPLICATIONS[name](include_top=False, weights=None, input_shape=(side, side, 3))
    pictures = keras.Input((side, side, 3), name="picture")
    features = keras.layers.GlobalAveragePooling2D(name="features")(base(pictures))
    answers = keras.layers.Dense(CLASSES, activation="softmax", name="probabilities")(features)
    return with_activation_map(keras.Model(pictures, answers, name=name), MALIGNANT)
