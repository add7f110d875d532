"""Runs a function in a process of its own: TensorFlow there keeps the TFLite runtime here whole."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_own_process(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """What `function` returns, from a fresh process that ends with it; an exception there is raised here.

    TensorFlow imported first breaks tflite-runtime in the same process, and a model's memory is given back.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **options).result()
