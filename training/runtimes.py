"""How long our students take beside the field's backbones, as Khan et al. 2022 compare DSNet. No TensorFlow here."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from app.screening.preprocess import PreprocessSpec, preprocess
from app.screening.synthetic import draw_lesion
from training.latency import runtime_versions, time_interleaved

STUDENTS = ("three_block", "dsnet", "lightkd_student", "mobile_short")
BACKBONES = (
    "mobilenet_v1",
    "mobilenet_v2",
    "efficientnet_b0",
    "densenet169",
    "inception_v3",
    "resnet50",
    "resnet101",
    "vgg16",
)
SMALL = ("three_block", "mobilenet_v1")
"""Stand for all in a smoke run."""

REFERENCE = "three_block"
CLASSES = 7
ROUNDS = 20
PICTURES = 8


def measure_runtimes(
    contents: Mapping[str, bytes], parameters: Mapping[str, int], *, side: int, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Times every network on the same drawn lesions, with the runtime that serves.

    Args:
        contents: {network: fp16 `.tflite`}, REFERENCE among them. Of the shipped bundles the very files, by name.
        parameters: {network: number of parameters}.
        side: of their input in pixels; a bundle's file is given pictures of its own size.
        rounds: that are counted.

    Returns:
        JSON-ready, the networks from the quickest to the slowest.
    """
    spec = PreprocessSpec(output_size=side)
    pictures = np.stack([preprocess(draw_lesion(seed), spec) for seed in range(PICTURES)])
    timings = time_interleaved(contents, pictures, reference=REFERENCE, rounds=rounds)
    runtime, version = next(iter(runtime_versions().items()))
    return {
        "side": side,
        "classes": CLASSES,
        "reference": REFERENCE,
        "runtime": runtime,
        "version": version,
        "rounds": rounds,
        "networks": [
            {"name": name, "parameters": parameters[name], "bytes": len(contents[name]), **asdict(timings[name])}
            for name in sorted(contents, key=lambda name: timings[name].ratio)
        ],
    }
