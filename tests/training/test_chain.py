"""The commands themselves, from a drawn data set to a bundle; and a run that was interrupted."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from app.config import REPOSITORY
from training.bundles import release
from training.datasets.parts import TrainingData, training_data
from training.datasets.schemes import CLINICAL
from training.datasets.splits import PROTOCOLS, make_split
from training.errors import TrainingError
from training.fit import RunMismatch, checkpoint, class_weights, fit
from training.recipe import Recipe, load_recipe, recipe_names

EPOCHS = 3


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    """The shipped recipe in small: pictures of 64 pixels, three epochs, float32."""
    shipped = load_recipe("three_block_ham10000")
    small = replace(shipped.preprocess, working_size=64, output_size=64)
    quick = replace(shipped.fit, cycles=(2, 1), warmup_epochs=0.5, batch_size=8, mixed_precision="float32")
    return replace(shipped, name="drawn", split="drawn", preprocess=small, fit=quick)


@pytest.fixture(scope="module")
def data(recipe: Recipe, drawn_root: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    from training.datasets import ham10000, parts, splits

    folder = tmp_path_factory.mktemp("splits")
    make_split(ham10000.read(drawn_root).records, PROTOCOLS["lesion"], name="drawn", seed=1).save(folder)
    load = splits.SplitManifest.load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts.SplitManifest, "load", lambda name: load(name, folder))
        return training_data(recipe, CLINICAL, drawn_root, tmp_path_factory.mktemp("cache"))


def test_class_weights_are_inverse_frequencies_with_mean_1() -> None:
    labels = np.array([0] * 6 + [1] * 2)
    assert class_weights(labels, 2, 0.0).tolist() == [1.0, 1.0]
    assert class_weights(labels, 2, 1.0).tolist() == pytest.approx([8 / 12, 8 / 4])
    weights = class_weights(labels, 2, 0.5)
    assert weights[1] / weights[0] == pytest.approx(np.sqrt(3))
    assert weights[labels].mean() == pytest.approx(1)


def test_a_recipe_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(TrainingError, match=r"no recipe named 'nothing'; there are .*three_block_ham10000"):
        load_recipe("nothing")
    for name in recipe_names():
        assert load_recipe(name).name == name


@pytest.fixture(scope="module")
def whole_run(recipe: Recipe, data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("whole") / "drawn"
    fit(recipe, CLINICAL, data, run)
    return run


def test_a_run_keeps_what_made_it(whole_run: Path, recipe: Recipe, data: TrainingData) -> None:
    record = json.loads((whole_run / "run.json").read_text())
    assert record["recipe"]["seed"] == recipe.seed
    assert record["split_sha256"] == data.split_sha256
    assert record["libraries"]["keras"] == keras.__version__
    history = pd.read_csv(whole_run / "history.csv")
    assert list(history["epoch"]) == [1, 2, 3]
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]


def test_an_interrupted_run_goes_on_to_the_very_same_result(
    whole_run: Path, recipe: Recipe, data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
            fit(recipe, CLINICAL, data, run)
    assert len(pd.read_csv(run / "history.csv")) == 1
    # As if the next cut had come between the checkpoint of the second epoch and its line in the history.
    checkpoint(run, 2).write_bytes(b"cut off")
    fit(recipe, CLINICAL, data, run)
    pd.testing.assert_frame_equal(pd.read_csv(run / "history.csv"), pd.read_csv(whole_run / "history.csv"))
    first, second = (keras.models.load_model(checkpoint(folder, EPOCHS)) for folder in (whole_run, run))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_a_folder_with_another_run_is_refused(whole_run: Path, recipe: Recipe, data: TrainingData) -> None:
    with pytest.raises(RunMismatch, match="another recipe"):
        fit(replace(recipe, seed=99), CLINICAL, data, whole_run)


BUNDLE_SCRIPT = """
import sys
from pathlib import Path
from training.datasets import ham10000
from training.evaluate import calibrate, evaluate
from training.report.card import write_card

assert "tensorflow" not in sys.modules, "evaluation must not load TensorFlow"
run, root = Path(sys.argv[1]), Path(sys.argv[2])
records = ham10000.read(root).records
calibrate(run / "bundle", records[::2])
evaluate(run / "bundle", records[1::2], run)
write_card(run / "bundle")
"""


def test_a_run_becomes_a_bundle_that_serving_accepts(
    whole_run: Path, recipe: Recipe, drawn_root: Path, tmp_path: Path
) -> None:
    from training.datasets import ham10000
    from training.export import export

    records = ham10000.read(drawn_root).records
    folder = export(
        recipe, CLINICAL, keras.models.load_model(checkpoint(whole_run, EPOCHS)), records[1:61:2], whole_run
    )
    with pytest.raises(TrainingError, match="is not finished"):
        release(folder, tmp_path)
    command = [sys.executable, "-W", "error", "-c", BUNDLE_SCRIPT, str(whole_run), str(drawn_root)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=120)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["metrics"]["keras_tflite"]["images"] == 30
    assert manifest["metrics"]["keras_tflite"]["largest_difference"] <= 2e-3
    assert manifest["metrics"]["test"]["images"] == len(records) // 2
    assert manifest["training"]["parameters"] == 163_527
    assert manifest["training"]["epochs_run"] == EPOCHS
    assert (release(folder, tmp_path) / "MODEL_CARD.md").read_text().startswith(f"# Model card: drawn {recipe.version}")


def test_the_command_line_names_a_mistake_without_a_traceback(tmp_path: Path) -> None:
    for arguments, words in (
        (["trian"], "No such command 'trian'"),
        (["train"], "Missing option '--recipe'"),
        (["train", "--recipe", "nothing"], "no recipe named 'nothing'"),
        (
            ["train", "--recipe", "three_block_ham10000", "--data-root", str(tmp_path)],
            "with --data-root or LESION_DATA_ROOT",
        ),
        (["export", "--recipe", "three_block_ham10000", "--out", str(tmp_path)], "run `train` first"),
    ):
        result = subprocess.run(
            [sys.executable, "-m", "training", *arguments],
            cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert result.returncode != 0
        assert words in result.stderr, result.stderr
        assert "Traceback" not in result.stderr
