"""The TFLite interpreter behind one small class.

`tflite-runtime` is what the project names; it has wheels for Python up to 3.11 on Linux. `ai-edge-litert` is its
renamed successor with the same interface, used everywhere else. Three measured facts shape this file: an interpreter
that two threads use at once can return a wrong number silently, so that each call has one to itself and outputs are
copied; an interpreter takes 15 MB, so that it is put back for the next call, whichever thread makes it; and TensorFlow
imported first in the same process breaks tflite-runtime, so that nothing here ever imports TensorFlow.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

PROBABILITIES, FEATURES, MAP = "probabilities", "features", "map"
"""Names of a model's outputs, in its signature and in its manifest. Their order in a file means nothing."""

OUTPUT_RANKS = {PROBABILITIES: 2, FEATURES: 2, MAP: 3}
"""Each output's number of axes; the first is the batch, of one picture."""

BACKENDS = ("tflite_runtime", "ai_edge_litert")


class ModelRejected(Exception):
    """The model file cannot be run, or does not take and give what its manifest says."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model gives for one picture; copies, never views into the interpreter.

    Attributes:
        probabilities: float32 (classes,), uncalibrated, in the order of the manifest.
        features: float32 (D,), what the last feature map is pooled to.
        activation_map: float32 (h, w), what speaks for malignancy (above 0) and against it (below 0) where, in
            log-odds; it covers the whole preprocessed picture. docs/model.md says what the unit means.
    """

    probabilities: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    activation_map: npt.NDArray[np.float32]


class TFLiteModel:
    """A `.tflite` classifier with three outputs. Safe to call from any number of threads.

    It has as many interpreters as there were ever calls at the same time. Make it in the process that uses it: an
    interpreter does not outlive a fork.
    """

    def __init__(
        self, model: bytes, *, input_side: int, outputs: Mapping[str, tuple[int, ...]], backend: str | None = None
    ) -> None:
        """Loads the model once to check it.

        Args:
            model: contents of the `.tflite` file.
            input_side: side in pixels of the square RGB input that it must take.
            outputs: {name: shape} that its signature must give, all float32, a name for each of OUTPUT_RANKS.
            backend: one of BACKENDS; the first that is installed where None.

        Raises:
            ModelRejected: no backend is installed, the file is no model, or its input or outputs do not fit.
        """
        self._model = model
        self._input_shape = (1, input_side, input_side, 3)
        self._backend = backend
        self._idle = [load_interpreter(model, backend)]
        self._indices = self._checked(self._idle[0], {name: tuple(shape) for name, shape in outputs.items()})

    def __call__(self, picture: npt.NDArray[np.float32]) -> Answer:
        """Runs the model on one preprocessed picture.

        Args:
            picture: float32 (side, side, 3), 0..1.

        Raises:
            ValueError: `picture` has another shape or dtype.
            ModelRejected: the model gave something that is not finite, or no probability distribution.
        """
        if picture.dtype != np.float32 or picture.shape != self._input_shape[1:]:
            raise ValueError(f"the model takes float32 {self._input_shape[1:]}; got {picture.dtype} {picture.shape}")
        interpreter = self._taken()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[np.newaxis])
        interpreter.invoke()
        # get_tensor copies; `tensor()` would hand out memory that the next call overwrites.
        found = {name: interpreter.get_tensor(index)[0] for name, index in self._indices.items()}
        for name, values in found.items():
            if not np.isfinite(values).all():
                raise ModelRejected(f"the model's output {name!r} is not finite")
        probabilities = found[PROBABILITIES]
        if (probabilities < 0).any() or abs(probabilities.sum() - 1) > 1e-2:
            raise ModelRejected("the model's output is not a probability distribution")
        self._idle.append(interpreter)  # one that failed, or gave nonsense, is not used again
        return Answer(probabilities, found[FEATURES], found[MAP])

    def _taken(self) -> Any:
        try:
            return self._idle.pop()  # atomic, so that no two calls get the same
        except IndexError:
            return load_interpreter(self._model, self._backend)

    def _checked(self, interpreter: Any, expected: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """The tensor index of each output, once input and outputs are seen to be what they must be."""
        # tflite-runtime 2.14 refuses to run while a signature's runner is held, so it is asked and let go.
        outputs = interpreter.get_signature_runner().get_output_details() if interpreter.get_signature_list() else {}
        inputs = interpreter.get_input_details()
        found = {name: _shape(details) for name, details in outputs.items()}
        if _shape(inputs[0]) != self._input_shape or found != expected:
            raise ModelRejected(
                f"the model maps {_shape(inputs[0])} to {found}; expected float32 {self._input_shape} to {expected}"
            )
        if any(details["dtype"] != np.float32 for details in (inputs[0], *outputs.values())):
            raise ModelRejected("the model's input or one of its outputs is not float32")
        return {name: int(details["index"]) for name, details in outputs.items()}


def load_interpreter(model: bytes, backend: str | None = None) -> Any:
    """A TFLite interpreter of its own, with one thread and its memory allocated.

    Args:
        model: contents of the `.tflite` file.
        backend: one of BACKENDS; the first that is installed where None.

    Raises:
        ModelRejected: no backend is installed, or it cannot load the file.
    """
    try:
        interpreter = _interpreter_type(backend)(model_content=model, num_threads=1)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelRejected(f"the TFLite runtime cannot load the model: {error}") from error
    return interpreter


def installed_backends() -> list[str]:
    """The backends of BACKENDS that can be imported here, in order of preference."""
    return [name for name in BACKENDS if importlib.util.find_spec(name) is not None]


def _interpreter_type(backend: str | None) -> Any:
    names = installed_backends() if backend is None else [backend]
    if not names:
        raise ModelRejected("no TFLite runtime is installed; `pip install -r requirements.txt` brings the right one")
    try:
        return importlib.import_module(f"{names[0]}.interpreter").Interpreter
    except ImportError as error:
        raise ModelRejected(f"the TFLite runtime {names[0]!r} is not installed") from error


def _shape(details: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(side) for side in details["shape"])
