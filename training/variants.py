"""What a smaller number format or fewer weights cost: size, time, metrics on the validation part. No TensorFlow here.

A `.tflite` file keeps a 0 as any other weight, and the runtime multiplies by it: pruning makes a file smaller only once
it is compressed, as for a download, and not faster.
"""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.evaluation.bootstrap import BOOTSTRAP_SEED, RESAMPLES, measure
from app.evaluation.metrics import METRICS
from app.screening.preprocess import PreprocessSpec
from app.screening.runtime import MAP, PROBABILITIES, ModelRejected, installed_backends, load_interpreter
from app.screening.screener import Screener
from training.datasets.cache import PreprocessedImages, network_input
from training.datasets.records import LesionRecord
from training.evaluate import to_answers
from training.latency import runtime_versions, time_interleaved

SPARSITIES = (0.3, 0.5, 0.7)
FULL_INT8 = "full_int8"
REFERENCE, SHIPPED = "fp32", "fp16"
PLAIN = "fp16_probabilities_alone"
"""The shipped network without features and map, to see what those two cost."""

MEASURED = ("auc", "accuracy", "brier", "ece")
ROUNDS, TIMED = 60, 16
"""Rounds of timing, and the pictures that they go over."""


def pruned_name(sparsity: float) -> str:
    """Of the variant with this share of zeros."""
    return f"fp16_pruned_{sparsity * 100:.0f}"


VARIANTS = (REFERENCE, SHIPPED, "dynamic_int8", FULL_INT8, *(pruned_name(sparsity) for sparsity in SPARSITIES))

Outputs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Probabilities (N, K) and maps (N, h, w)."""


def measure_variants(
    contents: Mapping[str, bytes],
    screener: Screener,
    records: Sequence[LesionRecord],
    images: PreprocessedImages,
    *,
    rounds: int = ROUNDS,
) -> dict[str, Any]:
    """Measures every variant.

    Args:
        contents: {name: `.tflite`} of VARIANTS and PLAIN.
        screener: of the run's bundle, whose calibration every variant is measured with.
        records: of the validation part.
        images: the same, preprocessed.
        rounds: of timing.

    Returns:
        JSON-ready. A runtime that cannot load a variant stands in its `loads` with what it said, and None for one that
        can; a variant that none can load has no metrics.
    """
    loads = {name: _loads(contents[name]) for name in VARIANTS}
    spec = screener.bundle.preprocess
    pictures = network_input(images.pixels[:TIMED], spec)
    answers = {name: _answers(contents[name], loads[name], images, spec) for name in VARIANTS}
    timings = {
        backend: time_interleaved(
            {name: contents[name] for name in (*VARIANTS, PLAIN) if loads.get(name, {}).get(backend) is None},
            pictures, reference=SHIPPED, rounds=rounds, backend=backend,
        )
        for backend in installed_backends()
    }  # fmt: skip
    bundle = screener.bundle
    return {
        "recipe": bundle.name,
        "version": bundle.version,
        "split": bundle.manifest["training"]["recipe"]["split"],
        "images": len(records),
        "lesions": len({record.group for record in records}),
        "calibrated": bundle.calibration is not None,
        "intervals": f"95 % percentile bootstrap over lesions, {RESAMPLES:,} resamples",
        "runtimes": runtime_versions(),
        "rounds": rounds,
        "probabilities_alone": {
            "bytes": len(contents[PLAIN]),
            "latency": {backend: asdict(timing[PLAIN]) for backend, timing in timings.items()},
        },
        "variants": [
            {
                "name": name,
                "bytes": len(contents[name]),
                "gzip_bytes": len(gzip.compress(contents[name], mtime=0)),
                "loads": loads[name],
                "latency": {backend: asdict(timing[name]) for backend, timing in timings.items() if name in timing},
                **_compared(answers[name], answers[REFERENCE], screener, records),
            }
            for name in VARIANTS
        ],
    }


def _loads(content: bytes) -> dict[str, str | None]:
    """{backend: None, or why it cannot load the file}."""
    found: dict[str, str | None] = {}
    for backend in installed_backends():
        try:
            load_interpreter(content, backend)
            found[backend] = None
        except ModelRejected as error:
            found[backend] = str(error).splitlines()[0]
    return found


def _answers(
    content: bytes, loads: Mapping[str, str | None], images: PreprocessedImages, spec: PreprocessSpec
) -> Outputs | None:
    """What the first runtime that loads the file answers; None where none does."""
    backend = next((name for name, reason in loads.items() if reason is None), None)
    if backend is None:
        return None
    interpreter = load_interpreter(content, backend)
    place = interpreter.get_input_details()[0]["index"]
    details = interpreter.get_signature_runner().get_output_details()
    probabilities, maps = [], []
    for row in tqdm(range(len(images.pixels)), desc=f"validation by {backend}", unit="image"):
        interpreter.set_tensor(place, network_input(images.pixels[row : row + 1], spec))
        interpreter.invoke()
        probabilities.append(interpreter.get_tensor(details[PROBABILITIES]["index"])[0])
        maps.append(interpreter.get_tensor(details[MAP]["index"])[0])
    return np.stack(probabilities), np.stack(maps)


def _compared(
    found: Outputs | None,
    reference: Outputs | None,
    screener: Screener,
    records: Sequence[LesionRecord],
) -> dict[str, Any]:
    if found is None or reference is None:
        return {"metrics": None, "largest_difference": None, "map_correlation": None}
    answers = to_answers(screener, found[0], records)
    return {
        "metrics": measure(
            answers,
            [record.group for record in records],
            seed=BOOTSTRAP_SEED,
            metrics={name: METRICS[name] for name in MEASURED},
        ),
        "largest_difference": float(np.abs(found[0] - reference[0]).max()),
        "map_correlation": float(np.corrcoef(found[1].ravel(), reference[1].ravel())[0, 1]),
    }
