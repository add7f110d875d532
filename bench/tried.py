"""What was tried to make a prediction faster, measured again: each choice beside its alternative, on one core."""

import ctypes
import math
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from statistics import median
from typing import Any

import numpy as np

from app.config import DEFAULT_BUNDLE
from app.screening.bundle import ModelBundle, load_bundle
from app.screening.runtime import TFLiteModel, installed_backends, load_interpreter
from app.screening.screener import Screener
from app.screening.signs import Floats
from bench.load import gunner
from bench.pictures import LARGE, USUAL, picture

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
SMALL, USED = 128 << 10, 4 << 20  # glibc's own, and gunicorn.conf.py's
BLOCK = 5
SIDE = 1024
"""Of the square matrices that show what a core can multiply."""

PRODUCTS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "openblas": lambda matrix, vector: matrix @ vector,
    "einsum": lambda matrix, vector: np.einsum("ij,j->i", matrix, vector),
}
"""The gate's product of 128 x 128, as OpenBLAS does it, with a thread for each core, and without it."""


def tried(repeats: int) -> dict[str, Any]:
    """Median milliseconds of processor time of each alternative."""
    with gunner([0]) as process:
        return {
            "allocator": {
                size: _in_turn(process, {"small": (_screened, size, SMALL), "used": (_screened, size, USED)}, repeats)
                for size in (USUAL, LARGE)
            },
            "runtimes": _in_turn(process, {name: (_inferred, name) for name in installed_backends()}, repeats),
            "product": _in_turn(process, {how: (_followed_by, how) for how in PRODUCTS}, repeats),
            "model_gflop": round(process.submit(_model_gflop).result(), 3),
            "peak_gflops": round(process.submit(_peak_gflops).result(), 1),
        }


def _in_turn(process: ProcessPoolExecutor, ways: dict[str, tuple[Any, ...]], repeats: int) -> dict[str, float]:
    """Median of each way, called in turn so that a noisy moment meets all of them."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(max(3, repeats // BLOCK)):
        for name, (function, *arguments) in ways.items():
            found[name].append(process.submit(function, *arguments).result())
    return {name: round(median(values), 2) for name, values in found.items()}


def _cpu_ms(call: Callable[[], Any]) -> float:
    call()
    begun = time.process_time()
    for _ in range(BLOCK):
        call()
    return (time.process_time() - begun) / BLOCK * 1e3


@cache
def _bundle() -> ModelBundle:
    return load_bundle(DEFAULT_BUNDLE)


@cache
def _screener() -> Screener:
    return Screener(_bundle())


@cache
def _model(backend: str) -> TFLiteModel:
    bundle = _bundle()
    return TFLiteModel(bundle.model, input_side=bundle.preprocess.output_size, outputs=bundle.outputs, backend=backend)


def _screened(size: str, trim: int) -> float:
    """With an allocator that gives memory back from `trim` free bytes on."""
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(M_MMAP_THRESHOLD, 4 << 20)
    mallopt(M_TRIM_THRESHOLD, trim)
    upload = picture(size)
    return _cpu_ms(lambda: _screener().screen(upload))


def _inferred(backend: str) -> float:
    side = _bundle().preprocess.output_size
    drawn = np.random.default_rng(0).random((side, side, 3), np.float32)
    return _cpu_ms(lambda: _model(backend)(drawn))


def _followed_by(how: str) -> float:
    """Predictions that are followed by one more product each; threads that wait for more of them count too."""
    values = np.random.default_rng(0).random((129, 128))
    upload = picture(USUAL)

    def both() -> None:
        _screener().screen(upload)
        PRODUCTS[how](values[1:], values[0])

    return _cpu_ms(both)


def _model_gflop() -> float:
    """10^9 multiplications and additions of the model's convolutions and dense layers."""
    interpreter = load_interpreter(_bundle().model)
    shapes = {int(entry["index"]): [int(side) for side in entry["shape"]] for entry in interpreter.get_tensor_details()}
    total = 0
    for step in interpreter._get_ops_details():  # noqa: SLF001  # nothing public lists them
        if step["op_name"] in ("CONV_2D", "FULLY_CONNECTED"):
            kernel = shapes[int(step["inputs"][1])]  # outputs first
            total += 2 * math.prod(shapes[int(step["outputs"][0])]) * math.prod(kernel[1:])
    return total / 1e9


def _peak_gflops() -> float:
    """10^9 multiplications and additions a second of a large product of float32 matrices, the fastest of some."""
    matrix = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    return max(2 * SIDE**3 / _cpu_ms(lambda: matrix @ matrix) / 1e6 for _ in range(5))
