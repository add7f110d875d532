"""The TFLite interpreter behind one small class.

`tflite-runtime` is what the project names; it has wheels for Python up to 3.11 on Linux. `ai-edge-litert` is its
renamed successor with the same interface, used everywhere else. Two measured facts shape this file: an interpreter
shared between threads can return a wrong number silently, so that each thread has its own and outputs are copied; and
TensorFlow imported first in the same process breaks tflite-runtime, so that nothing here ever imports TensorFlow.
"""

import importlib
import importlib.util
import threading
from typing import Any

import numpy as np
import numpy.typing as npt

BACKENDS = ("tflite_runtime", "ai_edge_litert")


class ModelRejected(Exception):
    """The model file cannot be run, or does not take and give what its manifest says."""


class TFLiteModel:
    """Class probabilities from a `.tflite` classifier. Safe to call from any number of threads."""

    def __init__(self, model: bytes, *, input_side: int, classes: int, backend: str | None = None) -> None:
        """Loads the model once to check it.

        Args:
            model: contents of the `.tflite` file.
            input_side: side in pixels of the square RGB input that it must take.
            classes: number of probabilities that it must give.
            backend: one of BACKENDS; the first that is installed where None.

        Raises:
            ModelRejected: no backend is installed, the file is no model, or its input or output does not fit.
        """
        self._model = model
        self._input_shape = (1, input_side, input_side, 3)
        self._classes = classes
        self._interpreter_type = _interpreter_type(backend)
        self._local = threading.local()
        self._check(self._interpreter())

    def __call__(self, picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Runs the model on one preprocessed picture.

        Args:
            picture: float32 (side, side, 3), 0..1.

        Returns:
            float32 (classes,), in the order of the manifest. A copy: never a view into the interpreter.

        Raises:
            ValueError: `picture` has another shape or dtype.
            ModelRejected: the model gave something that is not a probability distribution.
        """
        if picture.dtype != np.float32 or picture.shape != self._input_shape[1:]:
            raise ValueError(f"the model takes float32 {self._input_shape[1:]}; got {picture.dtype} {picture.shape}")
        interpreter = self._interpreter()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[np.newaxis])
        interpreter.invoke()
        # get_tensor copies; `tensor()` would hand out memory that the next call overwrites.
        raw = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        probabilities = np.array(raw[0], dtype=np.float32)
        if not np.isfinite(probabilities).all() or (probabilities < 0).any() or abs(probabilities.sum() - 1) > 1e-2:
            raise ModelRejected("the model's output is not a probability distribution")
        return probabilities

    def _interpreter(self) -> Any:
        interpreter = getattr(self._local, "interpreter", None)
        if interpreter is None:
            try:
                interpreter = self._interpreter_type(model_content=self._model, num_threads=1)
                interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                raise ModelRejected(f"the TFLite runtime cannot load the model: {error}") from error
            self._local.interpreter = interpreter
        return interpreter

    def _check(self, interpreter: Any) -> None:
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        expected = (self._input_shape, (1, self._classes))
        found = tuple(tuple(int(side) for side in details[0]["shape"]) for details in (inputs, outputs))
        if found != expected or any(details[0]["dtype"] != np.float32 for details in (inputs, outputs)):
            raise ModelRejected(f"the model maps {found[0]} to {found[1]}; expected float32 {expected}")


def installed_backends() -> list[str]:
    """The backends of BACKENDS that can be imported here, in order of preference."""
    return [name for name in BACKENDS if importlib.util.find_spec(name) is not None]


def _interpreter_type(backend: str | None) -> Any:
    names = installed_backends() if backend is None else [backend]
    if not names:
        raise ModelRejected("no TFLite runtime is installed; `pip install -r requirements.txt` brings the right one")
    return importlib.import_module(f"{names[0]}.interpreter").Interpreter
