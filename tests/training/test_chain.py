"""The commands themselves, from a drawn data set to a bundle; and a run that was interrupted."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pandas as pd
import pytest

from app.config import REPOSITORY
from training.bundles import release, require_bundle, why_not_served
from training.datasets.parts import TrainingData, training_data
from training.datasets.records import LesionRecord
from training.datasets.schemes import CLINICAL, ISLAM2024
from training.errors import TrainingError
from training.evaluation import read_evaluation
from training.failures import recount
from training.fit import fit
from training.predictions import read_predictions
from training.recipe import Recipe, load_recipe, recipe_names
from training.report.model_tables import epochs_run
from training.run_folder import RunFolder, RunMismatch
from training.specs import NetworkSpec

EPOCHS = 3

pytestmark = pytest.mark.usefixtures("drawn_split")


def test_a_recipe_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(TrainingError, match=r"no recipe named 'nothing'; there are .*three_block_ham10000"):
        load_recipe("nothing")
    for name in recipe_names():
        assert load_recipe(name).name == name


def test_a_run_keeps_what_made_it(whole_run: Path, recipe: Recipe, drawn_data: TrainingData) -> None:
    record = json.loads((whole_run / "run.json").read_text())
    assert record["recipe"]["seed"] == recipe.seed
    assert record["split_sha256"] == drawn_data.identity.split_sha256
    assert record["libraries"]["keras"] == keras.__version__
    history = pd.read_csv(whole_run / "history.csv")
    assert list(history["epoch"]) == [1, 2, 3]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    assert cv2.imread(str(whole_run / "curves.png")).shape[1] > 500


def test_an_interrupted_run_goes_on_to_the_very_same_result(
    whole_run: Path, recipe: Recipe, drawn_data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "drawn"

    class Interrupted(Exception):
        """Stands for a power cut in the second epoch."""

    def cut(model: keras.Model, *args: object, **kwargs: object) -> object:
        if kwargs["initial_epoch"] == 1:
            raise Interrupted
        return whole_fit(model, *args, **kwargs)

    whole_fit = keras.Model.fit
    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", cut)
        with pytest.raises(Interrupted):
            fit(recipe, CLINICAL, drawn_data, run)
    assert len(pd.read_csv(run / "history.csv")) == 1
    # As if the next cut had come between the checkpoint of the second epoch and its line in the history.
    RunFolder(run).checkpoint(2).write_bytes(b"cut off")
    fit(recipe, CLINICAL, drawn_data, run)
    resumed, whole = (pd.read_csv(folder / "history.csv").drop(columns="seconds") for folder in (run, whole_run))
    pd.testing.assert_frame_equal(resumed, whole)
    first, second = (keras.models.load_model(RunFolder(folder).checkpoint(EPOCHS)) for folder in (whole_run, run))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_run_goes_on_from_another_recipe_s_network(
    whole_run: Path, recipe: Recipe, drawn_data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.fit.load_recipe", lambda _: recipe)
    still = replace(recipe.fit, cycles=(1,), peak_learning_rate=1e-9, warmup_epochs=0.0)
    after = replace(recipe, name="after", start="drawn", fit=still, seed=recipe.seed + 1)
    trained = fit(after, CLINICAL, drawn_data, whole_run.parent / "after")
    before = keras.models.load_model(RunFolder(whole_run).result(recipe.fit), compile=False)
    for one, other in zip(before.trainable_weights, keras.models.load_model(trained).trainable_weights, strict=True):
        assert np.allclose(one, other, atol=1e-5), one.path
    run = RunFolder(whole_run.parent / "after")
    run.require(after, drawn_data.identity)
    monkeypatch.setattr("training.run_folder.load_recipe", lambda _: recipe)
    assert run.before(recipe) == []
    assert run.before(after) == [{"recipe": "drawn", "epochs": EPOCHS, "side": recipe.preprocess.output_size}]
    assert epochs_run({"epochs_run": 1, "before": run.before(after)}) == f"1 after {EPOCHS} on pictures of 64×64"
    record = run.record()
    (run.path / "run.json").write_text(json.dumps({**record, "start": "of a training before that"}))
    with pytest.raises(RunMismatch, match="another network that it went on from"):
        run.require(after, drawn_data.identity)
    elsewhere = replace(after, name="elsewhere", network=NetworkSpec(name="dsnet"))
    with pytest.raises(TrainingError, match="cannot go on from drawn"):
        fit(elsewhere, CLINICAL, drawn_data, whole_run.parent / "elsewhere")


def test_a_folder_with_another_run_is_refused(whole_run: Path, recipe: Recipe, drawn_data: TrainingData) -> None:
    with pytest.raises(RunMismatch, match="another recipe"):
        fit(replace(recipe, seed=99), CLINICAL, drawn_data, whole_run)


BUNDLE_SCRIPT = """
import sys
from pathlib import Path
from training.datasets import ham10000
from training.evaluate import calibrate, evaluate
from training.gate.fit import fit_gate
from training.report.card import write_card

assert "tensorflow" not in sys.modules, "evaluation must not load TensorFlow"
run, root = Path(sys.argv[1]), Path(sys.argv[2])
records = ham10000.read(root).records
calibrate(run / "bundle", records[::2])
fit_gate(run / "bundle", records[::2], records[1::4], {"elsewhere": records[1:9:2], "nowhere": []})
evaluate(run / "bundle", records[1::2], run, resamples=100)
write_card(run / "bundle")
"""


def test_a_run_becomes_a_bundle_that_serving_accepts(
    whole_run: Path, recipe: Recipe, drawn_root: Path, tmp_path: Path
) -> None:
    from training.datasets import ham10000
    from training.export import export

    records = ham10000.read(drawn_root).records
    trained = keras.models.load_model(RunFolder(whole_run).checkpoint(EPOCHS), compile=False)
    folder = export(
        recipe, CLINICAL, trained, training_records=records[::2], parity_records=records[1:61:2], run=whole_run
    )
    with pytest.raises(TrainingError, match="is not finished"):
        release(folder, tmp_path)
    assert why_not_served(folder) is None
    command = [sys.executable, "-W", "error", "-c", BUNDLE_SCRIPT, str(whole_run), str(drawn_root)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=120)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["metrics"]["keras_tflite"]["images"] == 30
    assert manifest["metrics"]["keras_tflite"]["largest_difference"] <= 2e-3
    assert manifest["metrics"]["test"]["images"] == len(records) // 2
    assert manifest["training"]["parameters"] == 163_527
    evaluation = read_evaluation(whole_run)
    assert evaluation["metrics"]["auc"] == manifest["metrics"]["test"]["auc"]
    assert evaluation["operating_point"] == manifest["operating_point"]
    assert evaluation["gate"] == manifest["metrics"]["gate"]
    assert set(manifest["gate"]["chosen_on"]["real"]) == {"variations", "elsewhere"}
    assert manifest["metrics"]["gate"]["images"] == len(records) // 2
    assert sum(row["refused"] for row in manifest["metrics"]["gate"]["non_lesions"].values()) > 300
    assert len(evaluation["training"]["history"]) == EPOCHS
    assert (whole_run / "figures" / "curves.png").is_file()
    assert manifest["training"]["epochs_run"] == EPOCHS
    compared = manifest["calibration"]["compared"]["methods"]
    assert set(compared) == {"platt", "temperature"}
    assert manifest["calibration"]["method"] in compared
    kept = read_predictions([whole_run])[0].table.set_index("image_id")["p_malignant"]
    missed = (kept[kept.index.isin(malignant_ids(records[1::2]))] < manifest["operating_point"]["threshold"]).sum()
    assert manifest["metrics"]["failures"]["missed"]["images"] == missed
    assert recount(whole_run, records[1::2], resamples=100) == manifest["metrics"]["failures"], "of the kept answers"
    assert (release(folder, tmp_path) / "MODEL_CARD.md").read_text().startswith(f"# Model card: drawn {recipe.version}")


def test_what_half_precision_would_change_stays_in_float32(
    whole_run: Path, recipe: Recipe, drawn_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.datasets import ham10000
    from training.export import export

    run = shutil.copytree(whole_run, tmp_path / recipe.name)
    trained = keras.models.load_model(RunFolder(run).checkpoint(EPOCHS), compile=False)
    sizes = {}
    for tolerance, expected in ((1e-3, "TFLite fp16"), (1e-9, "TFLite fp32")):
        monkeypatch.setattr("training.export.PARITY_TOLERANCE", tolerance)
        records = ham10000.read(drawn_root).records
        folder = export(recipe, CLINICAL, trained, training_records=records[::2], parity_records=[], run=run)
        assert json.loads((folder / "manifest.json").read_text())["export"]["format"] == expected
        sizes[expected] = (folder / "model.tflite").stat().st_size
    assert sizes["TFLite fp32"] > 1.8 * sizes["TFLite fp16"]


def malignant_ids(records: Sequence[LesionRecord]) -> list[str]:
    return [record.image_id for record in records if CLINICAL.is_malignant(record.dx)]


def test_a_binary_scheme_goes_all_the_way(recipe: Recipe, drawn_root: Path, tmp_path: Path) -> None:
    from training.datasets import ham10000
    from training.export import export

    scheme = ISLAM2024
    binary = replace(recipe, name="binary", scheme=scheme.name)
    records = ham10000.read(drawn_root).records
    run = tmp_path / "binary"
    trained = fit(binary, scheme, training_data(binary, scheme, drawn_root, tmp_path / "cache"), run)
    model = keras.models.load_model(trained, compile=False)
    export(binary, scheme, model, training_records=records[::2], parity_records=records[1:11:2], run=run)
    manifest = json.loads((run / "bundle" / "manifest.json").read_text())
    assert [(entry["code"], entry["malignant"]) for entry in manifest["classes"]] == [
        ("benign", False), ("malignant", True),
    ]  # fmt: skip
    command = [sys.executable, "-W", "error", "-c", BUNDLE_SCRIPT, str(run), str(drawn_root)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=120)
    assert "calls lesions benign" in str(why_not_served(run / "bundle"))
    with pytest.raises(TrainingError, match="calls lesions benign"):
        release(run / "bundle", tmp_path)
    measured = json.loads((run / "bundle" / "manifest.json").read_text())["metrics"]["test"]
    assert measured["malignant_images"] == sum(scheme.is_malignant(record.dx) for record in records[1::2])
    assert "seven_class_accuracy" not in measured


def test_a_run_or_bundle_of_another_recipe_or_split_is_never_measured(
    whole_run: Path, recipe: Recipe, drawn_data: TrainingData
) -> None:
    other = replace(drawn_data.identity, split_sha256="0" * 64)
    RunFolder(whole_run).require(recipe, drawn_data.identity)
    with pytest.raises(RunMismatch, match="another split_sha256"):
        RunFolder(whole_run).require(recipe, other)
    with pytest.raises(RunMismatch, match="another recipe"):
        RunFolder(whole_run).require(replace(recipe, seed=99), drawn_data.identity)
    RunFolder(whole_run).require(replace(recipe, version="9.9.9", note="of another bundle"), drawn_data.identity)
    with pytest.raises(TrainingError, match="holds no run"):
        RunFolder(whole_run / "nothing").require(recipe, drawn_data.identity)
    assert require_bundle(whole_run / "bundle", recipe, drawn_data.identity)["name"] == "drawn"
    with pytest.raises(TrainingError, match="another recipe, data set or split"):
        require_bundle(whole_run / "bundle", recipe, other)
    with pytest.raises(TrainingError, match="another recipe, data set or split"):
        require_bundle(whole_run / "bundle", replace(recipe, version="9.9.9"), drawn_data.identity)
    with pytest.raises(TrainingError, match="holds no bundle"):
        require_bundle(whole_run, recipe, drawn_data.identity)
