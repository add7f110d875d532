"""What a card says follows its recipe, its split and its manifest."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.screening.calibration import METHODS
from training.failures import HALVES, HIDDEN
from training.figures.reliability import TITLES
from training.report.calibration_tables import calibration_text
from training.report.card_data import (
    data_sentence,
    limits,
    mirrors_sentence,
    network_sentence,
    split_sentence,
    taught_by,
)
from training.report.evidence_tables import evidence_of, evidence_table, seeds_text
from training.report.failure_tables import failures_text, shortcuts_table


def test_a_split_by_image_is_said_to_flatter() -> None:
    by_image = " ".join(limits({"dataset": "ham10000", "split": "ham10000-islam2024"}))
    assert "images of one lesion are in training and in test" in by_image
    assert "come from a split by lesion" not in by_image
    assert split_sentence("ham10000-islam2024") == (
        "Split `ham10000-islam2024`: 70:10:20 by image, stratified by class"
    )


def test_a_split_by_lesion_says_what_was_joined() -> None:
    by_lesion = " ".join(limits({"dataset": "ham10000", "split": "ham10000-audited"}))
    assert "come from a split by lesion" in by_lesion
    assert "leakage audit" in by_lesion
    assert split_sentence("ham10000-audited").endswith(
        "by lesion, stratified by class, lesion ids joined by the leakage audit"
    )


def test_other_data_and_networks_are_called_what_they_are() -> None:
    assert "Kaggle" in data_sentence("kaggle_malignant_vs_benign")
    assert data_sentence("my_pictures") == "The folder `my_pictures`"
    assert not any("HAM10000's share" in line for line in limits({"dataset": "isic2019", "split": "isic2019-lesion"}))
    assert network_sentence("mobilenet_v2") == "The network `mobilenet_v2`"
    assert "not in this repository" in split_sentence("isic2019-lesion")


def test_a_card_says_what_came_from_imagenet() -> None:
    assert "ImageNet" in network_sentence("mobile_short")
    assert taught_by([]) == "trained on hard labels, without a teacher"
    assert taught_by(["three_block_ham10000", "gone"]) == "taught by three_block_ham10000 and gone"
    told = "taught by resnet50_ham10000 and three_block_ham10000 (resnet50_ham10000 from weights of ImageNet)"
    assert taught_by(["resnet50_ham10000", "three_block_ham10000"]) == told


FITTED: dict[str, Any] = {"fitted_on": "validation", "images": 1200, "lesions": 800}
SCORES = {"nll": 0.32, "brier": 0.1, "ece": 0.0222}


def test_a_temperature_is_told_with_what_it_was_compared_with() -> None:
    worse, nll = {**SCORES, "nll": 0.33125}, {"difference": 0.01125, "low": 0.002, "high": 0.02}
    compared = {
        "folds": 5, "methods": {"platt": worse, "temperature": SCORES}, "platt_less_temperature": {"nll": nll},
    }  # fmt: skip
    entry = {"method": "temperature", "temperature": 1.25, **FITTED, "compared": compared}
    text = calibration_text({"calibration": entry})
    assert "temperature scaling, fitted on 1,200 validation images of 800 lesions (temperature 1.250)" in text
    assert "may change the order of pictures: every figure here is of calibrated probabilities" in text
    assert "| Platt scaling | 0.3312 | 0.1000 | 0.0222 |" in text
    assert "| temperature scaling | 0.3200 | 0.1000 | 0.0222 |" in text
    assert "in 5 folds" in text
    assert "temperature scaling's: +0.0112 (+0.0020 to +0.0200)" in text


def test_a_calibration_that_could_not_be_compared_says_so() -> None:
    platt = {"method": "platt", "slope": 0.7, "intercept": -0.5, **FITTED}
    assert "No other method was compared" in calibration_text({"calibration": platt})
    compared = {"folds": 5, "methods": {"platt": None, "temperature": SCORES}, "platt_less_temperature": None}
    text = calibration_text({"calibration": {**platt, "compared": compared}})
    assert "| Platt scaling | could not be fitted | - | - |" in text
    assert calibration_text({"calibration": None}) == "The probabilities are not calibrated."


def test_every_method_has_a_title_in_its_figure() -> None:
    assert set(TITLES) == {"none", *METHODS}


@pytest.mark.parametrize("dataset", ["ham10000", "isic2019"])
def test_what_was_not_counted_is_not_measured(dataset: str) -> None:
    manifest: dict[str, Any] = {"metrics": {}, "training": {"recipe": {"dataset": dataset}}}
    assert failures_text(manifest) == "Not measured yet."
    table = shortcuts_table(manifest)
    assert "| Hair over the skin | Not measured yet. |" in table
    assert "| Rulers, ink, gel bubbles | Not measured: no data set here" in table


def test_a_side_without_a_failure_says_so_and_names_no_picture() -> None:
    share = {"value": 0.0, "low": 0.0, "high": 0.07}
    side = {
        "images": 0, "of": 50, "share": share, "lesions": 0, "right_elsewhere": 0, "sure": 0, "refused": None,
        "by": {"class": {"mel": {"images": 0, "of": 50, "share": share}}}, "examples": [],
    }  # fmt: skip
    failures = {"intervals": "made up", "missed": side, "false_alarms": side}
    manifest = {
        "metrics": {"failures": failures}, "operating_point": {"threshold": 0.2}, "preprocess": {"stages": ["resize"]},
    }  # fmt: skip
    text = failures_text(manifest)
    assert "**Missed**: none of 50 malignant images, 0.0% (0.0% to 7.0%)." in text
    assert "| class | mel | 0 | 50 | 0.0% (0.0% to 7.0%) |" in text
    assert "most wrong" not in text


@pytest.mark.parametrize("stages", [["resize"], ["roi_highlight", "resize"]])
def test_what_the_roi_step_hides_is_told_of_models_that_have_it(stages: list[str]) -> None:
    share = {"value": 0.5, "low": 0.1, "high": 0.9}
    group = {"images": 1, "of": 2, "share": share}
    example = {
        "image_id": "one", "dx": "mel", "dx_type": None, "p_malignant": 0.01, "refused": None, "kind": "hair",
        "hidden": 0.25,
    }  # fmt: skip
    side = {
        **group, "lesions": 1, "right_elsewhere": 0, "sure": 0, "refused": None, "examples": [example],
        "by": {"class": {"mel": group}, HIDDEN: {HALVES[0]: group}},
    }  # fmt: skip
    failures = {"intervals": "made up", "missed": side, "false_alarms": side}
    manifest = {
        "metrics": {"failures": failures}, "operating_point": {"threshold": 0.2}, "preprocess": {"stages": stages}
    }  # fmt: skip
    text = failures_text(manifest)
    assert "| one | mel | - | 0.010 | hair |" in text
    assert (HIDDEN in text) == (HALVES[0] in text) == ("25%" in text) == ("roi_highlight" in stages)


def test_a_card_says_how_far_the_seeds_lie_apart_and_which_is_shipped() -> None:
    rows = [{"seed": seed, "validation_auc": auc} for seed, auc in ((1, 0.91), (2, 0.9249), (3, 0.93))]
    text = seeds_text({"training": {"seeds": rows, "recipe": {"seed": 2}}})
    assert text.startswith("Trained 3 times, from as many seeds, and shipped from seed 2,")
    assert text.endswith("median one: 0.910 (seed 1), 0.925 (seed 2), 0.930 (seed 3).")
    assert "how far another training would lie from it is not known" in seeds_text({"training": {}})


def test_a_card_says_whose_mean_an_answer_is() -> None:
    assert mirrors_sentence({"export": {}}) == mirrors_sentence({"export": {"mirrors": 1}}) == ""
    assert "the mean of those to the picture and its mirror image. " in mirrors_sentence({"export": {"mirrors": 2}})
    assert "its three mirror images" in mirrors_sentence({"export": {"mirrors": 4}})


def test_a_card_says_what_each_part_gives_beside_what_chance_does() -> None:
    difference = {"difference": -0.0213, "low": -0.04, "high": 0.0012}
    row = {
        "name": "r+untaught", "says": "hard labels", "seeds": [1, 2], "auc": difference,
        "seven_class_balanced_accuracy": difference,
    }  # fmt: skip
    found = {
        "recipe": "r", "side": 160, "differences": [row], "epochs": 60,
        "images": 1007, "lesions": 745, "malignant_images": 200, "intervals": "so",
    }  # fmt: skip
    cell = "-0.021 (-0.040 to +0.001)"
    assert evidence_table({"evidence": [found]}).endswith(f"| hard labels | 1, 2 | {cell} | {cell} |")
    assert "have not been compared" in evidence_table({"evidence": None})
    first = {**found, "recipe": "before", "differences": [{**row, "name": "before+untaught"}]}
    both = evidence_table({"evidence": [found, first]})
    assert both.count("| hard labels |") == 2
    assert "\n\nEach row is `before` (60 epochs on pictures of 160×160) changed in one thing, less itself" in both
    other = {**row, "name": "other", "says": "`other` in its place", "epochs": 7}
    assert f"| `other` in its place (7 epochs) | 1, 2 | {cell} |" in evidence_table(
        {"evidence": [{**found, "differences": [other]}]}
    )


def test_what_was_found_about_small_pictures_counts_for_what_learnt_from_them(tmp_path: Path) -> None:
    kept = tmp_path / "evidence.json"
    names = {"after": ["other"], "before": ["before+arm", "before", "all_stages"], "all_stages": [], "other": []}
    rows = {
        name: {"recipe": name, "differences": [{"name": each} for each in beside]} for name, beside in names.items()
    }
    kept.write_text(json.dumps(rows))
    manifest = {"name": "after", "training": {"before": [{"recipe": "before-seed3", "epochs": 20, "side": 160}]}}
    assert evidence_of(manifest, kept) == [rows["after"], rows["before"], rows["all_stages"]]
    assert evidence_of({"name": "none", "training": {}}, kept) == []
