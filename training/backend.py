"""What depends on the library that Keras computes with: TensorFlow, or JAX or PyTorch where a GPU machine has those."""

import importlib
from pathlib import Path

import keras

CPU_FLAGS = Path("/proc/cpuinfo")
FAST_BFLOAT16 = ("avx512_bf16", "amx_bf16")


def name() -> str:
    """One of "tensorflow", "jax" and "torch", as $KERAS_BACKEND chooses."""
    return str(keras.backend.backend())


def version() -> str:
    """Of that library; asked of itself, since TensorFlow's package has another name on some platforms."""
    return str(importlib.import_module(name()).__version__)


def on_gpu() -> bool:
    """Whether that library sees a GPU."""
    if name() == "tensorflow":
        return bool(importlib.import_module("tensorflow").config.list_physical_devices("GPU"))
    if name() == "jax":
        return bool(importlib.import_module("jax").default_backend() != "cpu")
    return bool(importlib.import_module("torch").cuda.is_available())


def precision(wanted: str) -> str:
    """The Keras dtype policy for `FitSpec.mixed_precision`.

    "auto" is mixed_bfloat16 on a GPU and on a processor with instructions for it, where it is about twice as fast as
    float32, and float32 elsewhere, where bfloat16 is emulated. Anything else is itself.
    """
    if wanted != "auto":
        return wanted
    flags = CPU_FLAGS.read_text(encoding="ascii", errors="replace") if CPU_FLAGS.is_file() else ""
    return "mixed_bfloat16" if on_gpu() or any(flag in flags for flag in FAST_BFLOAT16) else "float32"


def compiles_steps() -> bool:
    """Whether a training step is compiled by XLA: always in JAX, else on a GPU; on a CPU it is several times slower."""
    return name() == "jax" or (name() == "tensorflow" and on_gpu())
