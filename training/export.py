"""From a trained Keras model to a draft bundle: TFLite, parity samples, manifest without figures yet."""

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt

from app.screening.bundle import MODEL_FILE, SCHEMA_VERSION
from app.screening.preprocess import preprocess
from app.screening.runtime import PROBABILITIES
from app.screening.screener import PARITY_TOLERANCE
from app.screening.synthetic import draw_lesion
from training.bundles import write_manifest
from training.datasets.images import read_image
from training.datasets.parts import few
from training.datasets.records import LesionRecord
from training.datasets.schemes import BINARY_NAMES, CLASS_NAMES, SCC_NAME, LabelScheme
from training.evaluation import forget_evaluation
from training.models.half_precision import round_convolutions
from training.models.mirrors import with_mirror_images
from training.models.networks import network
from training.recipe import Recipe
from training.run_folder import RunFolder, environment
from training.tflite import Precision, answered, to_tflite

PARITY_SEEDS = (1, 2)
ROUNDING_PICTURES = 64
WEIGHTS_LICENCE = "CC BY-NC 4.0"


def export(
    recipe: Recipe,
    scheme: LabelScheme,
    trained: keras.Model,
    *,
    training_records: Sequence[LesionRecord],
    parity_records: Sequence[LesionRecord],
    run: Path,
    seeds: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """Writes `run`/bundle and `run`/keras_probabilities.json.

    Args:
        recipe: of the run.
        scheme: its label scheme.
        trained: the model with the chosen weights, as it was trained.
        training_records: of the training part, from which some show what goes together in a picture when weights are
            rounded to half precision.
        parity_records: real images for which Keras probabilities are kept, to be compared with the .tflite file by
            a process without TensorFlow.
        run: the run folder.
        seeds: what each of the seeds reached on validation of which this run is the median.
    """
    model, rounded = shipped_models(recipe, scheme, trained, training_records)
    folder = run / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    forget_evaluation(run)
    (folder / "parity").mkdir(parents=True)
    parity = []
    for seed in PARITY_SEEDS:
        name = f"parity/synthetic-{seed}.png"
        cv2.imwrite(str(folder / name), cv2.cvtColor(draw_lesion(seed), cv2.COLOR_RGB2BGR))
        parity.append({"file": name, "probabilities": _answer(model, recipe, [folder / name])[0]})
    precision: Precision = "fp16"
    content = to_tflite(rounded, precision)
    if not _is_faithful(content, recipe, folder, parity):
        # A frozen DenseNet169 answers by up to 0.006 otherwise in half precision; nobody serves it, and it is measured.
        precision, content = "fp32", to_tflite(model, "fp32")
        print(f"{recipe.name} answers otherwise in half precision: kept in float32")
    (folder / MODEL_FILE).write_bytes(content)
    write_manifest(folder, _manifest(recipe, scheme, model, parity, run, seeds, precision))
    probabilities = _answer(model, recipe, [record.image_path for record in parity_records])
    answers = dict(zip([record.image_id for record in parity_records], probabilities, strict=True))
    (run / "keras_probabilities.json").write_text(json.dumps(answers), encoding="utf-8")
    return folder


def shipped_models(
    recipe: Recipe, scheme: LabelScheme, trained: keras.Model, training_records: Sequence[LesionRecord]
) -> tuple[keras.Model, keras.Model]:
    """The network as it is shipped, with its three outputs: in float32, and ready to be rounded to half precision."""
    keras.mixed_precision.set_dtype_policy("float32")
    built = network(recipe.network.name)
    model = built.shipped(recipe.network, trained, scheme.malignant_outputs)
    if not built.rounded:
        model = with_mirror_images(model, recipe.mirrors)
        return model, model
    rounded = keras.models.clone_model(model)
    rounded.set_weights(model.get_weights())
    sample = few(training_records, ROUNDING_PICTURES)
    round_convolutions(rounded, _pictures(recipe, [record.image_path for record in sample]))
    return with_mirror_images(model, recipe.mirrors), with_mirror_images(rounded, recipe.mirrors)


def _is_faithful(content: bytes, recipe: Recipe, folder: Path, parity: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a .tflite file answers to the parity samples as Keras does, which loading a bundle asks for."""
    answers = answered(content, _pictures(recipe, [folder / entry["file"] for entry in parity]), PROBABILITIES)
    expected = [entry["probabilities"] for entry in parity]
    return bool(np.abs(answers - expected).max() <= PARITY_TOLERANCE)


def _answer(model: keras.Model, recipe: Recipe, paths: Sequence[Path]) -> list[list[float]]:
    if not paths:
        return []
    answers = model.predict(_pictures(recipe, paths), batch_size=32, verbose=0)
    probabilities: list[list[float]] = answers[PROBABILITIES].tolist()
    return probabilities


def _pictures(recipe: Recipe, paths: Sequence[Path]) -> npt.NDArray[np.float32]:
    return np.stack([preprocess(read_image(path), recipe.preprocess) for path in paths])


def _manifest(
    recipe: Recipe,
    scheme: LabelScheme,
    model: keras.Model,
    parity: list[dict[str, Any]],
    run: Path,
    seeds: Sequence[Mapping[str, Any]],
    precision: str,
) -> dict[str, Any]:
    training = json.loads((run / "run.json").read_text(encoding="utf-8"))
    history = (run / "history.csv").read_text(encoding="utf-8").splitlines()
    return {
        "schema_version": SCHEMA_VERSION,
        "name": recipe.bundle,
        "version": recipe.version,
        "created": datetime.now(UTC).date().isoformat(),
        "licence": WEIGHTS_LICENCE,
        "classes": [
            {"code": code, "name": {**CLASS_NAMES, **SCC_NAME, **BINARY_NAMES}[code], "malignant": malignant}
            for code, malignant in zip(scheme.classes, scheme.malignant_outputs, strict=True)
        ],
        "outputs": {name: [1, *output.shape[1:]] for name, output in model.output.items()},
        "preprocess": recipe.preprocess.to_dict(),
        "calibration": None,
        "operating_point": None,
        "gate": None,
        "parity": parity,
        "training": {
            **training,
            "epochs_run": len(history) - 1,
            "before": RunFolder(run).before(recipe),
            "parameters": model.count_params(),
            "seeds": list(seeds),
        },
        "export": {**environment(), "format": f"TFLite {precision}", "mirrors": recipe.mirrors},
        "note": recipe.note,
        "metrics": {},
    }
