"""Writes the networks of the usual demo as .keras files: python -m bench.rivals.models FOLDER

With random weights and two classes: the time that a network takes does not depend on its weights.
"""

import sys
from pathlib import Path

import keras

NETWORKS = {"mobilenet_v2": keras.applications.MobileNetV2, "resnet50": keras.applications.ResNet50}

if __name__ == "__main__":
    for name, network in NETWORKS.items():
        network(weights=None, classes=2).save(Path(sys.argv[1]) / f"{name}.keras")
