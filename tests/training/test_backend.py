"""What depends on the library that Keras computes with."""

import ast
from pathlib import Path

import numpy as np
import pytest

from app.config import REPOSITORY
from training import backend
from training.models import batch_norm


def test_precision_is_what_the_hardware_is_fast_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = tmp_path / "cpuinfo"
    monkeypatch.setattr(backend, "CPU_FLAGS", flags)
    monkeypatch.setattr(backend, "on_gpu", lambda: False)
    assert backend.precision("auto") == "float32"
    flags.write_text("flags : avx2 avx512_bf16 fma\n")
    assert backend.precision("auto") == "mixed_bfloat16"
    flags.write_text("flags : avx2 fma\n")
    assert backend.precision("auto") == "float32"
    monkeypatch.setattr(backend, "on_gpu", lambda: True)
    assert backend.precision("auto") == "mixed_bfloat16"
    assert backend.precision("float32") == "float32"


def test_the_backend_of_this_process_is_known_with_its_version() -> None:
    assert backend.name() == "tensorflow"
    assert backend.version().count(".") == 2


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_is_the_same_function_on_every_backend(training: bool) -> None:  # noqa: FBT001
    random = np.random.default_rng(1)
    values = random.normal(2, 3, (6, 4, 5, 3)).astype(np.float32)
    shift, mean = random.normal(size=3).astype(np.float32), random.normal(size=3).astype(np.float32)
    factor, variance = (random.uniform(1, 4, 3).astype(np.float32) for _ in range(2))
    fused = batch_norm._fused(values, factor, shift, mean, variance, epsilon=1e-3, training=training)
    in_steps = batch_norm._in_steps(values, factor, shift, mean, variance, epsilon=1e-3, training=training)
    for one, other in zip(fused, in_steps, strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), abs=1e-4)


def test_only_exporting_needs_tensorflow_to_be_imported() -> None:
    for path in (REPOSITORY / "training").rglob("*.py"):
        imported = {
            name.split(".")[0]
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            )
        }
        assert "tensorflow" not in imported or path.name == "tflite.py", path
