"""Number formats, pruning and run times: the files as TensorFlow writes them, measured in a process without it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.config import REPOSITORY
from training.apart import in_own_process
from training.datasets.parts import read_split
from training.datasets.schemes import CLINICAL
from training.errors import TrainingError
from training.export import export
from training.models.conv_student import shipped_form, trained_form
from training.models.students import THREE_BLOCK
from training.pruning import pruned, without_smallest
from training.recipe import Recipe
from training.report.footprint_tables import NETWORK_TITLES, runtimes_table, variants_table
from training.run_folder import RunFolder
from training.runtime_files import APPLICATIONS, build
from training.runtimes import BACKBONES, STUDENTS
from training.tflite import to_tflite
from training.variant_files import write_variants
from training.variants import PLAIN, VARIANTS

RANDOM = np.random.default_rng(1)


@pytest.fixture(scope="module")
def run(
    recipe: Recipe,
    drawn_split: None,  # noqa: ARG001
    drawn_root: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A run that stands at its last epoch with the weights that it began with, and its draft bundle."""
    records = read_split(recipe.split, drawn_root)
    folder = tmp_path_factory.mktemp("runs") / recipe.name
    RunFolder(folder).open(recipe, records.identity)
    model = trained_form(THREE_BLOCK, input_side=recipe.preprocess.output_size, classes=7)
    history = [{"epoch": float(epoch), "loss": 2.0} for epoch in range(1, recipe.fit.epochs + 1)]
    RunFolder(folder).save(model, history, recipe.fit)
    export(recipe, CLINICAL, model, training_records=records.train, parity_records=[], run=folder)
    return folder


MEASURE = """
import json, sys
from pathlib import Path
from app.screening.screener import Screener
from training.datasets import ham10000
from training.datasets.cache import preprocessed
from training.variants import measure_variants

if __name__ == "__main__":
    run, root, folder = map(Path, sys.argv[1:])
    screener = Screener.from_folder(run / "bundle")
    records = ham10000.read(root).records[::3]
    images = preprocessed(records, screener.bundle.preprocess, folder / "cache")
    contents = {path.stem: path.read_bytes() for path in folder.glob("*.tflite")}
    contents["full_int8"] = b"no model"
    measured = measure_variants(contents, screener, records, images, rounds=3)
    assert "tensorflow" not in sys.modules, "measuring must not load TensorFlow"
    (folder / "measured.json").write_text(json.dumps(measured))
"""


def test_every_variant_is_written_and_measured_and_one_that_does_not_load_is_a_row(
    run: Path, recipe: Recipe, drawn_root: Path, tmp_path: Path
) -> None:
    write_variants(recipe, drawn_root, run, tmp_path)
    sizes = {path.stem: path.stat().st_size for path in tmp_path.glob("*.tflite")}
    assert set(sizes) == {*VARIANTS, PLAIN}
    assert (tmp_path / "fp16.tflite").read_bytes() == (run / "bundle" / "model.tflite").read_bytes()
    assert 1.8 < sizes["fp32"] / sizes["fp16"] < 2.0
    assert sizes["full_int8"] < 0.65 * sizes["fp16"]
    assert sizes["fp16_pruned_50"] == pytest.approx(sizes["fp16"], rel=0.01)
    script = tmp_path / "measure.py"
    script.write_text(MEASURE)
    command = [sys.executable, "-W", "error", str(script), str(run), str(drawn_root), str(tmp_path)]
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": ""}
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, timeout=200)
    measured = json.loads((tmp_path / "measured.json").read_text())
    rows = {row["name"]: row for row in measured["variants"]}
    assert list(rows) == list(VARIANTS)
    assert rows["fp32"]["largest_difference"] == 0
    assert 0 < rows["fp16"]["largest_difference"] < 2e-3
    assert rows["fp16"]["map_correlation"] > 0.999
    # Zeros are as long as other weights until they are compressed.
    assert [rows[f"fp16_pruned_{share}"]["gzip_bytes"] for share in (30, 50, 70)] == sorted(
        (rows[f"fp16_pruned_{share}"]["gzip_bytes"] for share in (30, 50, 70)), reverse=True
    )
    assert rows["fp16_pruned_70"]["gzip_bytes"] < 0.6 * rows["fp16"]["gzip_bytes"]
    assert all(timing["ratio"] == 1 for timing in rows["fp16"]["latency"].values())
    broken = rows["full_int8"]
    assert broken["metrics"] is None
    assert broken["latency"] == {}
    assert all("cannot load the model" in reason for reason in broken["loads"].values())
    table = variants_table(measured)
    assert "| full int8 | 0.0 | 0.0 | — |" in table
    assert "cannot load full int8: the TFLite runtime cannot load the model" in table
    assert f"| fp16, 50 % pruned | {sizes['fp16_pruned_50'] / 1000:.1f} |" in table


def test_a_run_of_another_recipe_has_no_variants(run: Path, recipe: Recipe, drawn_root: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="another recipe"):
        write_variants(replace(recipe, seed=99), drawn_root, run, tmp_path)


def test_pruning_takes_the_smallest_weights_and_nothing_else() -> None:
    weights = np.array([[0.5, -0.1], [0.0, -2.0], [0.3, 0.2]], np.float32)
    assert without_smallest(weights, 0.5).tolist() == np.array([[0.5, 0], [0, -2], [0.3, 0]], np.float32).tolist()
    assert np.array_equal(without_smallest(weights, 0), weights)
    with pytest.raises(ValueError, match="between 0 and 1, not at 30"):
        without_smallest(weights, 30)
    model = shipped_form(THREE_BLOCK, input_side=32, classes=7)
    model.set_weights([RANDOM.normal(size=weights.shape) for weights in model.get_weights()])
    for before, after in zip(model.get_weights(), pruned(model, 0.3).get_weights(), strict=True):
        lost = after == 0
        assert lost.sum() == (round(0.3 * before.size) if before.ndim > 1 else 0)
        assert np.array_equal(after[~lost], before[~lost])
        assert np.abs(before[lost]).max(initial=0) <= np.abs(before[~lost]).min()


def test_full_int8_needs_pictures_and_nothing_else_takes_them() -> None:
    model = shipped_form(THREE_BLOCK, input_side=32, classes=7)
    with pytest.raises(ValueError, match="pictures for full_int8 alone"):
        to_tflite(model, "full_int8")
    with pytest.raises(ValueError, match="pictures for full_int8 alone"):
        to_tflite(model, "fp16", pictures=np.zeros((1, 32, 32, 3), np.float32))


def test_the_networks_that_are_timed_have_a_builder_and_a_title() -> None:
    assert set(BACKBONES) == set(APPLICATIONS)
    assert set(NETWORK_TITLES) == {*STUDENTS, *BACKBONES}
    model = build("mobilenet_v1", 64)
    # Keras' documentation gives 3,228,864 without its top; the rest is the layer of seven classes.
    assert model.count_params() == 3_228_864 + 1024 * 7 + 7
    assert {name: tuple(output.shape[1:]) for name, output in model.output.items()} == {
        "probabilities": (7,), "features": (1024,), "map": (2, 2),
    }  # fmt: skip


def test_a_function_in_a_process_of_its_own_gives_its_result_and_its_error() -> None:
    assert in_own_process(divmod, 7, 2) == (3, 1)
    with pytest.raises(ValueError, match="invalid literal for int"):
        in_own_process(int, "seven")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "training", *arguments],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip


def test_run_times_are_measured_in_small(tmp_path: Path) -> None:
    done = command("runtimes", "--smoke", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    measured = json.loads((tmp_path / "runtimes-smoke.json").read_text())
    assert {row["name"] for row in measured["networks"]} == {"three_block", "mobilenet_v1"}
    ratios = {row["name"]: row["ratio"] for row in measured["networks"]}
    assert ratios["three_block"] == 1
    assert ratios["mobilenet_v1"] > 0
    assert runtimes_table(measured) in done.stdout


def test_what_is_measured_in_small_is_no_figure_for_the_documents(tmp_path: Path) -> None:
    done = command("runtimes", "--smoke", "--document", "--out", str(tmp_path))
    assert done.returncode != 0
    assert "no figure for the documents; leave --document out" in done.stderr
    assert "Traceback" not in done.stderr
