"""How long `.tflite` files take beside each other, in one run that interleaves them. No TensorFlow here."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.screening.runtime import installed_backends, load_interpreter

WARM_UP = 3
"""Rounds that are not counted."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One file's inference, with one thread.

    Attributes:
        median_ms: milliseconds of processor time.
        ratio: median over the rounds of its time by the reference's in the same round.
        low, high: quartiles of that.
    """

    median_ms: float
    ratio: float
    low: float
    high: float


def time_interleaved(
    models: Mapping[str, bytes],
    pictures: npt.NDArray[np.float32],
    *,
    reference: str,
    rounds: int,
    backend: str | None = None,
    seed: int = 1,
) -> dict[str, Timing]:
    """Times files in rounds: in each, every file once on the same picture, in a random order.

    With one thread the interpreter works in the calling thread, so that its processor time is all that an inference
    takes on a machine with nothing else to do. What else this one does still slows all files alike through caches and
    clock: their ratios hold where their milliseconds do not. Each timed call follows one that is not, so that no file
    pays for what the one before left in the caches.

    Args:
        models: {name: contents of a `.tflite` file}, each for a float32 picture.
        pictures: float32 (N, side, side, 3), taken in turn, and squashed to the size that a file takes.
        reference: the name of the file that ratios are to.
        rounds: that are counted.
        backend: one of app.screening.runtime.BACKENDS; the first that is installed where None.
        seed: of the order.

    Raises:
        ModelRejected: the runtime cannot load a file.
    """
    interpreters = {name: load_interpreter(content, backend) for name, content in models.items()}
    names, random = list(interpreters), np.random.default_rng(seed)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in tqdm(range(WARM_UP + rounds), desc=f"timing {len(names)} files", unit="round"):
        picture = pictures[turn % len(pictures)]
        for name in random.permutation(names):
            fitted = _fitted(picture, interpreters[name])
            _timed(interpreters[name], fitted)
            seconds[name].append(_timed(interpreters[name], fitted))
    counted = {name: np.array(found[WARM_UP:]) for name, found in seconds.items()}
    return {name: _timing(found, counted[reference]) for name, found in counted.items()}


def runtime_versions() -> dict[str, str]:
    """{backend: version} of the TFLite runtimes that are installed, the one that serves first."""
    return {name: version(name.replace("_", "-")) for name in installed_backends()}


def _fitted(picture: npt.NDArray[np.float32], interpreter: Any) -> npt.NDArray[np.float32]:
    _, height, width, _ = interpreter.get_input_details()[0]["shape"]
    return np.asarray(cv2.resize(picture, (int(width), int(height)), interpolation=cv2.INTER_AREA)[np.newaxis])


def _timed(interpreter: Any, picture: npt.NDArray[np.float32]) -> float:
    started = time.thread_time()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    return time.thread_time() - started


def _timing(seconds: npt.NDArray[np.float64], reference: npt.NDArray[np.float64]) -> Timing:
    low, middle, high = np.percentile(seconds / reference, (25, 50, 75))
    return Timing(float(np.median(seconds) * 1e3), float(middle), float(low), float(high))
