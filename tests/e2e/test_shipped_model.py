"""Each shipped bundle is what its documents say: figures come from artifacts, and the .tflite file gives them again."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.config import DEFAULT_BUNDLE, REPOSITORY
from app.evaluation.metrics import METRICS
from app.screening.preprocess import PreprocessSpec
from app.screening.screener import Screener
from training.bundles import EVALUATION, MAX_KERAS_DIFFERENCE, MAX_MODEL_BYTES, shipped_bundles
from training.coverage import refused_non_lesions
from training.datasets import ham10000, isic2017
from training.datasets.manifests import SplitManifest
from training.datasets.parts import read, read_split
from training.evaluate import assessable, raw_probabilities, screen_all, to_answers
from training.evaluation import read_evaluation
from training.external import external_part, measure_external
from training.figures.draw import drawn_names
from training.latency import time_interleaved
from training.recipe import Recipe, load_recipe
from training.report.card import CARD, card
from training.report.documents import BILATERAL, DOCUMENTS, RUNTIMES, VARIANTS, filled
from training.report.results import MOST_BYTES, RESULTS, read_results
from training.roi import measure_roi

LARGEST = 170_000
"""Parameters of a student of our own design."""
THREE_BLOCK, OURS = "three_block_distilled", "mobile_short_distilled"
LEAST_AUC = {THREE_BLOCK: 0.89, OURS: 0.91}
"""A worse one is a mistake in the training."""


@pytest.fixture(scope="module", params=shipped_bundles(), ids=lambda folder: folder.name)
def shipped(request: pytest.FixtureRequest) -> Screener:
    """Each bundle of model_store in turn."""
    return Screener.from_folder(request.param)


def test_of_several_seeds_the_median_one_is_shipped_and_never_the_luckiest(shipped: Screener) -> None:
    training = shipped.bundle.manifest["training"]
    aucs = {row["seed"]: row["validation_auc"] for row in training["seeds"]}
    assert sorted(aucs) == sorted(load_recipe(shipped.bundle.name).seeds)
    assert len(aucs) == 3
    assert aucs[training["recipe"]["seed"]] == sorted(aucs.values())[len(aucs) // 2]


def test_the_better_student_on_validation_is_served(data_root: Path) -> None:
    aucs = {}
    for folder in shipped_bundles():
        screener = Screener.from_folder(folder)
        records = read_split(screener.bundle.manifest["training"]["recipe"]["split"], data_root).validation
        answers = to_answers(screener, raw_probabilities(screen_all(screener, records)), records)
        aucs[folder.name] = METRICS["auc"](answers)
    assert sorted(aucs) == [OURS, THREE_BLOCK]
    assert DEFAULT_BUNDLE.name == max(aucs, key=lambda name: aucs[name])


def test_our_own_student_is_no_slower_than_the_three_block_one() -> None:
    contents = {folder.name: (folder / "model.tflite").read_bytes() for folder in shipped_bundles()}
    assert all(len(content) <= MAX_MODEL_BYTES for content in contents.values())
    pictures = np.random.default_rng(1).random((2, 224, 224, 3), np.float32)
    timings = time_interleaved(contents, pictures, reference=THREE_BLOCK, rounds=15)
    assert timings[OURS].ratio <= 1


def test_the_documents_hold_the_artifacts_figures(bundle_folder: Path) -> None:
    for name in DOCUMENTS:
        document = (REPOSITORY / name).read_text(encoding="utf-8")
        assert "<!-- figures:" in document, name
        assert filled(document, REPOSITORY, bundle_folder) == document, f"run `python -m training report`: {name}"


def test_every_committed_evaluation_has_its_figures_and_none_is_large() -> None:
    evaluations = read_results(REPOSITORY)
    assert evaluations
    for evaluation in evaluations:
        folder = REPOSITORY / RESULTS / evaluation["recipe"]["name"]
        assert {path.name for path in folder.iterdir()} == {EVALUATION, *drawn_names(evaluation)}
        for name in drawn_names(evaluation):
            assert 0 < (folder / name).stat().st_size <= MOST_BYTES, f"{folder / name}"
        assert not evaluation["recipe"]["smoke"]


def test_the_committed_evaluation_of_what_is_shipped_is_the_manifest_s(shipped: Screener) -> None:
    manifest = shipped.bundle.manifest
    evaluation = read_evaluation(REPOSITORY / RESULTS / manifest["training"]["recipe"]["name"])
    assert evaluation["recipe"]["version"] == manifest["version"]
    assert evaluation["operating_point"] == manifest["operating_point"]
    assert evaluation["training"]["parameters"] == manifest["training"]["parameters"]
    for name in METRICS:
        assert evaluation["metrics"][name] == pytest.approx(manifest["metrics"]["test"][name]), name


def test_a_figure_that_was_changed_by_hand_would_be_found(bundle_folder: Path) -> None:
    document = "<!-- figures: bundle -->\nbetter than it is\n<!-- /figures -->"
    assert "better than it is" not in filled(document, REPOSITORY, bundle_folder)
    with pytest.raises(ValueError, match="'wishes'"):
        filled("<!-- figures: wishes -->\n<!-- /figures -->", REPOSITORY, bundle_folder)


def test_the_bilateral_filter_is_the_one_that_the_measurement_chose() -> None:
    measured = json.loads((REPOSITORY / BILATERAL).read_text())
    assert measured["split"] == load_recipe("three_block_ham10000").split
    chosen = measured["chosen"]
    spec = PreprocessSpec()
    assert (spec.bilateral_diameter, spec.bilateral_sigma_color, spec.bilateral_sigma_space) == (
        chosen["diameter"], chosen["sigma_color"], chosen["sigma_space"],
    )  # fmt: skip


def test_the_variants_were_measured_on_what_ships(bundle_folder: Path) -> None:
    measured = json.loads((REPOSITORY / VARIANTS).read_text())
    manifest = json.loads((bundle_folder / "manifest.json").read_text())
    assert (measured["recipe"], measured["version"]) == (manifest["name"], manifest["version"])
    assert measured["images"] == len(SplitManifest.load(measured["split"]).validation)
    rows = {row["name"]: row for row in measured["variants"]}
    assert rows["fp16"]["bytes"] == manifest["files"]["model.tflite"]["bytes"]
    # What the features and the map may cost.
    alone = measured["probabilities_alone"]
    assert all(1 / timing["ratio"] < 1.06 for timing in alone["latency"].values())


def test_the_run_times_are_those_of_what_ships(shipped: Screener) -> None:
    measured = json.loads((REPOSITORY / RUNTIMES).read_text())
    rows = {row["name"]: row for row in measured["networks"]}
    assert rows[shipped.bundle.name]["parameters"] == shipped.bundle.manifest["training"]["parameters"]
    assert rows[shipped.bundle.name]["bytes"] == shipped.bundle.manifest["files"]["model.tflite"]["bytes"]
    assert rows[measured["reference"]]["ratio"] == 1
    assert measured["classes"] == len(shipped.bundle.classes)
    assert rows[OURS]["ratio"] <= rows[THREE_BLOCK]["ratio"]


def test_files_are_timed_beside_each_other(screener: Screener) -> None:
    model, side = screener.bundle.model, screener.bundle.preprocess.output_size
    pictures = np.random.default_rng(1).random((2, side, side, 3), np.float32)
    timings = time_interleaved({"one": model, "same": model}, pictures, reference="one", rounds=15)
    assert timings["one"].ratio == timings["one"].low == timings["one"].high == 1
    assert timings["same"].ratio == pytest.approx(1, abs=0.3)
    assert timings["same"].low <= timings["same"].ratio <= timings["same"].high
    assert timings["same"].median_ms > 0.1


def test_the_card_is_written_from_the_manifest(shipped: Screener) -> None:
    written = (DEFAULT_BUNDLE.parent / shipped.bundle.name / CARD).read_text(encoding="utf-8")
    assert written == card(shipped.bundle.manifest)


def test_the_bundle_says_how_it_was_made(shipped: Screener) -> None:
    training = shipped.bundle.manifest["training"]
    recipe = load_recipe(training["recipe"]["name"])
    assert recipe.bundle == shipped.bundle.name
    assert recipe.trains_as(Recipe.from_dict(training["recipe"]))
    assert (shipped.bundle.version, shipped.bundle.manifest["note"]) == (recipe.version, recipe.note)
    assert shipped.bundle.manifest["export"]["mirrors"] == recipe.mirrors
    assert training["parameters"] <= LARGEST
    assert training["parameters"] == 163_527 or shipped.bundle.name != THREE_BLOCK
    assert training["split_sha256"] == SplitManifest.load(recipe.split).sha256()
    assert recipe.preprocess == shipped.bundle.preprocess
    assert shipped.bundle.manifest["metrics"]["test"]["auc"]["value"] >= LEAST_AUC[shipped.bundle.name]
    parity = shipped.bundle.manifest["metrics"]["keras_tflite"]
    assert parity["images"] == parity["same_decision"] == 100
    assert parity["largest_difference"] <= MAX_KERAS_DIFFERENCE


def test_the_tflite_file_gives_the_manifest_s_figures_again(shipped: Screener, data_root: Path, tmp_path: Path) -> None:
    manifest = shipped.bundle.manifest
    records = read_split(manifest["training"]["recipe"]["split"], data_root)
    test = records.open_test(tmp_path / "log", "re-evaluation of the shipped bundle")
    screenings = screen_all(shipped, test)
    answers = to_answers(shipped, raw_probabilities(screenings), test)
    for name, metric in METRICS.items():
        # Another processor may round a probability at a bin's or the threshold's edge to the other side.
        assert metric(answers) == pytest.approx(manifest["metrics"]["test"][name]["value"], abs=0.002), name
    threshold = manifest["operating_point"]["threshold"]
    found = (answers.p_malignant[answers.malignant] >= threshold).mean()
    assert found == pytest.approx(manifest["operating_point"]["sensitivity"]["value"], abs=0.006)
    failures, referred = manifest["metrics"]["failures"], answers.p_malignant >= threshold
    assert (answers.malignant & ~referred).sum() == pytest.approx(failures["missed"]["images"], abs=2)
    assert (~answers.malignant & referred).sum() == pytest.approx(failures["false_alarms"]["images"], abs=6)
    gate = manifest["metrics"]["gate"]
    assert (~assessable(screenings)).sum() == pytest.approx(gate["refused_images"], abs=3)


def test_the_tflite_file_gives_the_figures_of_the_external_test_again(shipped: Screener, data_root: Path) -> None:
    told = shipped.bundle.manifest["metrics"]["external"]
    pictures = external_part(read(isic2017.NAME, data_root))
    found = measure_external(DEFAULT_BUNDLE.parent / shipped.bundle.name, pictures, resamples=20)
    assert (found["images"], found["melanomas"]) == (told["images"], told["melanomas"]) == (600, 117)
    for name in ("auc", "auc_melanoma", "brier", "ece"):
        assert found[name]["value"] == pytest.approx(told[name]["value"], abs=0.002), name
    for name in ("sensitivity", "specificity"):
        assert found[name]["value"] == pytest.approx(told[name]["value"], abs=0.02), name
    assert found["gate"]["refused_images"] == pytest.approx(told["gate"]["refused_images"], abs=2)


def test_the_failures_that_are_named_are_what_the_manifest_says(shipped: Screener, data_root: Path) -> None:
    failures = shipped.bundle.manifest["metrics"]["failures"]
    named = {row["image_id"]: row for side in ("missed", "false_alarms") for row in failures[side]["examples"]}
    records = [record for record in read(ham10000.NAME, data_root).records if record.image_id in named]
    assert len(records) == len(named) > 0
    screenings = screen_all(shipped, records)
    p_malignant = to_answers(shipped, raw_probabilities(screenings), records).p_malignant
    for record, p, assessed, view in zip(
        records, p_malignant, assessable(screenings), measure_roi(records), strict=True
    ):
        row = named[record.image_id]
        assert (record.dx, record.dx_type) == (row["dx"], row["dx_type"])
        assert p == pytest.approx(row["p_malignant"], abs=1e-3)
        assert assessed != row["refused"]
        assert (view.kind, view.hidden) == (row["kind"], pytest.approx(row["hidden"], abs=0.01))


def test_the_gate_keeps_what_it_is_there_for(shipped: Screener) -> None:
    gate = shipped.bundle.manifest["metrics"]["gate"]
    assert gate["refused"]["value"] <= 0.05
    rows = gate["non_lesions"].values()
    assert sum(row["refused"] for row in rows) >= 0.95 * sum(row["pictures"] for row in rows)
    assert gate["auc"]["value"] >= shipped.bundle.manifest["metrics"]["test"]["auc"]["value"] - 0.005


def test_what_the_gate_lets_through_is_what_the_manifest_says(shipped: Screener) -> None:
    assert refused_non_lesions(shipped) == shipped.bundle.manifest["metrics"]["gate"]["non_lesions"]
