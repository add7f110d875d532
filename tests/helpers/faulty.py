"""The application with parts that fail on demand: the header `X-Fault: PART=KIND` of a request makes PART fail in it.

gunicorn serves it as `tests.helpers.faulty:app`; in process it is `faulty_app(app)`. Without the header it is the app.
"""

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

import numpy as np
from flask import Flask, has_request_context, request

from app.screening.runtime import TFLiteModel

HEADER = "X-Fault"
QUOTED = "Jane-Doe-1970"
"""In the message of every failure, as a library's may quote what a client sent."""

PARTS = {
    "decode": ("app.screening.decode._to_rgb",),
    "stage": ("app.screening.screener.preprocess",),
    "interpreter": ("app.screening.runtime.TFLiteModel.__call__",),
    "gate": ("app.screening.screener.assess_quality",),
    "calibration": ("app.screening.calibration.Platt.__call__", "app.screening.calibration.Temperature.__call__"),
    "decision": ("app.screening.screener.decide",),
    "saliency": ("app.screening.screener.explain",),
    "preview": ("app.ops.pictures.encoded",),
    "answer": ("app.api.answers.prediction", "app.web.screening.result_page"),
    "every page": ("app.web.page.render_template",),
    "export": ("app.web.report.pdf", "app.web.export.csv_file"),
}
"""What can be made to fail, and what that is in the code."""

OUTPUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nan": lambda found: np.full_like(found, np.nan),
    "infinite": lambda found: np.full_like(found, np.inf),
    "negative": lambda found: -found,
    "zero": np.zeros_like,
    "doubled": lambda found: 2 * found,
}
"""What a broken model or interpreter can give instead of its outputs."""


class LibraryError(Exception):
    """What no part of the application expects."""


def fail(kind: str) -> None:
    """Fails in one of the ways that the table of docs/security.md tells."""
    if kind == "raise":
        raise LibraryError(QUOTED)
    if kind == "memory":
        raise MemoryError(QUOTED)
    if kind == "stall":
        time.sleep(600)
    if kind == "stall with the lock":
        ctypes.PyDLL(None).sleep(600)  # PyDLL keeps Python's lock, as a library does that forgot to let go of it


def wanted(part: str) -> str:
    """How `part` is to fail in this request; empty where it is not."""
    if not has_request_context():
        return ""
    named, _, kind = request.headers.get(HEADER, "").partition("=")
    return kind if named == part else ""


@contextmanager
def faults() -> Iterator[None]:
    """Until it is left, requests can ask for them."""
    with ExitStack() as patches:
        for part, places in PARTS.items():
            for place in places:
                patches.enter_context(patch(place, _failing(part, resolve_name(place))))
        patches.enter_context(patch.object(TFLiteModel, "_taken", _with_outputs(TFLiteModel._taken)))
        yield


def _failing(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def failing(*arguments: Any, **named: Any) -> Any:
        if kind := wanted(part):
            fail(kind)
        return function(*arguments, **named)

    return failing


def _with_outputs(taken: Callable[[TFLiteModel], Any]) -> Callable[[TFLiteModel], Any]:
    """Interpreters whose first output, the probabilities, is what the request asks for (`X-Fault: output=nan`)."""

    def broken(model: TFLiteModel) -> Any:
        interpreter = taken(model)
        return (
            _Broken(interpreter, model._indices["probabilities"], kind) if (kind := wanted("output")) else interpreter
        )

    return broken


class _Broken:
    def __init__(self, interpreter: Any, index: int, kind: str) -> None:
        self._interpreter, self._index, self._kind = interpreter, index, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._interpreter, name)

    def get_tensor(self, index: int) -> np.ndarray:
        found = self._interpreter.get_tensor(index)
        return OUTPUTS[self._kind](found) if index == self._index else found


def __getattr__(name: str) -> Flask:
    """`app`, made where gunicorn asks for it."""
    if name != "app":
        raise AttributeError(name)
    from app import create_app

    made = create_app()
    made.extensions["faults"] = kept = faults()  # as long as the application lives
    kept.__enter__()
    return made
