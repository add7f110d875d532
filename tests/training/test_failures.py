"""Failures counted by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.bundles import read_manifest, write_manifest
from training.datasets.records import LesionRecord
from training.errors import TrainingError
from training.failures import HALVES, HIDDEN, PICTURE, SHOWN, failures, recount
from training.predictions import Predictions
from training.roi import RoiMeasure

THRESHOLD = 0.2
GROUPS = 25
"""Pictures of each kind: enough that none is counted among the others."""


def made_up() -> tuple[Predictions, list[LesionRecord], list[RoiMeasure]]:
    """25 melanomas with dark corners, 25 carcinomas and 50 naevi with hair; of the melanomas ten are missed."""
    # Of the ten that are missed two are of a lesion, and four are below half of the threshold.
    rows: list[dict[str, Any]] = [
        {"dx": "mel", "p": 0.05 + 0.001 * number if number < 4 else 0.15 if number < 10 else 0.9}
        for number in range(GROUPS)
    ]
    rows += [{"dx": "bcc", "p": 0.7}] * GROUPS
    rows += [{"dx": "nv", "p": 0.95 if number < 3 else 0.3 if number < 5 else 0.1} for number in range(2 * GROUPS)]
    records, views = [], []
    for number, row in enumerate(rows):
        name = f"ISIC_{number:03}"
        lesion = f"L{number // 2}" if number < 10 else f"L{number}"
        how = "consensus" if row["dx"] == "nv" else "histo"
        records.append(LesionRecord(Path("x.jpg"), name, lesion, row["dx"], "drawn", dx_type=how))
        kind = {"mel": "vignette", "bcc": "other", "nv": "hair"}[row["dx"]]
        hidden = 0.8 if number < 5 else 0.1
        views.append(RoiMeasure(name, lesion, row["dx"], 0.5, 0.5, hidden, kind, 0.2, 0, 0, 0.5, 50, 1, 0.9))
    # The lesion of picture 8 and 9 has a third picture, which is answered rightly.
    records[10] = LesionRecord(Path("x.jpg"), "ISIC_010", "L4", "mel", "drawn", dx_type="histo")
    table = pd.DataFrame(
        {
            "image_id": [record.image_id for record in records],
            "malignant": [row["dx"] != "nv" for row in rows],
            "p_malignant": [row["p"] for row in rows],
            "assessable": [number not in {0, 55} for number in range(len(rows))],
        }
    )
    return Predictions("drawn", table.sample(frac=1, random_state=1)), records, views


@pytest.fixture
def found() -> dict[str, Any]:
    predictions, records, views = made_up()
    return failures(predictions, records, THRESHOLD, views, resamples=50)


def test_misses_are_counted_by_hand(found: dict[str, Any]) -> None:
    missed = found["missed"]
    assert (missed["images"], missed["of"], missed["share"]["value"]) == (10, 50, 0.2)
    assert missed["share"]["low"] < 0.2 < missed["share"]["high"]
    assert (missed["lesions"], missed["right_elsewhere"], missed["sure"], missed["refused"]) == (5, 1, 4, 1)
    by_class = missed["by"]["class"]
    assert set(by_class) == {"mel", "bcc"}, "benign classes cannot be missed"
    assert (by_class["mel"]["images"], by_class["mel"]["of"]) == (10, 25)
    assert by_class["bcc"]["share"]["value"] == 0
    assert by_class["bcc"]["share"]["high"] == pytest.approx(0.133, abs=0.001), "Wilson's, of 25 lesions"
    assert missed["by"]["diagnosis by"] == {"histo": {key: missed[key] for key in ("images", "of", "share")}}
    assert missed["by"][PICTURE]["vignette"]["images"] == 10
    halves = missed["by"][HIDDEN]
    assert [(halves[name]["images"], halves[name]["of"]) for name in HALVES] == [(5, 45), (5, 5)]


def test_false_alarms_are_counted_by_hand(found: dict[str, Any]) -> None:
    alarms = found["false_alarms"]
    assert (alarms["images"], alarms["of"], alarms["share"]["value"]) == (5, 50, 0.1)
    assert (alarms["lesions"], alarms["right_elsewhere"], alarms["sure"], alarms["refused"]) == (5, 0, 3, 0)
    assert list(alarms["by"]["class"]) == ["nv"]
    assert alarms["by"][PICTURE]["hair"]["images"] == 5
    assert HALVES[1] not in alarms["by"][HIDDEN], "no benign lesion is hidden"


def test_the_most_wrong_are_named_once_a_lesion_and_without_a_person(found: dict[str, Any]) -> None:
    named = [row["image_id"] for row in found["missed"]["examples"]]
    assert named == ["ISIC_000", "ISIC_002", "ISIC_004", "ISIC_006", "ISIC_008"], "one of each of five lesions"
    assert [row["refused"] for row in found["missed"]["examples"]] == [True, False, False, False, False]
    assert [row["p_malignant"] for row in found["false_alarms"]["examples"]] == [0.95, 0.95, 0.95, 0.3, 0.3]
    assert all(len(found[side]["examples"]) <= SHOWN for side in ("missed", "false_alarms"))
    assert set(found["missed"]["examples"][0]) == {
        "image_id", "dx", "dx_type", "p_malignant", "refused", "kind", "hidden",
    }  # fmt: skip
    json.dumps(found, allow_nan=False)


def test_without_masks_and_without_a_gate_less_is_known() -> None:
    predictions, records, _ = made_up()
    bare = Predictions("drawn", predictions.table.drop(columns="assessable"))
    found = failures(bare, records, THRESHOLD, None, resamples=20)
    assert found["missed"]["refused"] is None
    assert set(found["missed"]["by"]) == {"class", "diagnosis by"}
    assert found["missed"]["examples"][0]["hidden"] is None


def test_a_group_that_is_too_small_has_no_share() -> None:
    predictions, records, _ = made_up()
    few = failures(predictions, records, THRESHOLD, None, resamples=20)["missed"]["by"]["class"]
    assert few["mel"]["share"] is not None
    table = predictions.table[predictions.table["image_id"] < "ISIC_028"]
    kept = [record for record in records if record.image_id < "ISIC_028"]
    naevi = predictions.table[predictions.table["image_id"] >= "ISIC_050"]
    kept += [record for record in records if record.image_id >= "ISIC_050"]
    found = failures(Predictions("drawn", pd.concat([table, naevi])), kept, THRESHOLD, None, resamples=20)
    assert found["missed"]["by"]["class"]["other"] == {"images": 0, "of": 3, "share": None}


def test_answers_to_other_pictures_are_refused() -> None:
    predictions, records, _ = made_up()
    with pytest.raises(TrainingError, match="the answers of drawn are to other pictures; run `evaluate` again"):
        failures(predictions, records[1:], THRESHOLD, None)


@pytest.fixture
def run(bundle_folder: Path, tmp_path: Path) -> Path:
    """A run folder with a copy of the bundle that ships, whose rates are made those of the made-up answers."""
    folder = tmp_path / "drawn"
    shutil.copytree(bundle_folder, folder / "bundle")
    manifest = read_manifest(folder / "bundle")
    manifest["operating_point"]["threshold"] = THRESHOLD
    for name, value in (("sensitivity", 0.8), ("specificity", 0.9)):
        manifest["operating_point"][name] = {"value": value, "low": 0.7, "high": 0.95}
    write_manifest(folder / "bundle", manifest)
    return folder


def test_answers_that_were_kept_are_counted_into_the_manifest(run: Path) -> None:
    predictions, records, _ = made_up()
    table = predictions.table.assign(lesion_id="L", dx="mel")
    Predictions("drawn", table).write(run)
    found = recount(run, records, resamples=20)
    assert found["missed"]["images"] == 10
    assert read_manifest(run / "bundle")["metrics"]["failures"] == json.loads(json.dumps(found))


def test_answers_of_another_bundle_are_not_counted(run: Path) -> None:
    predictions, records, _ = made_up()
    before = read_manifest(run / "bundle")
    Predictions("drawn", predictions.table.assign(lesion_id="L", dx="mel", p_malignant=0.9)).write(run)
    with pytest.raises(TrainingError, match="are not those of its bundle's sensitivity; run `evaluate` again"):
        recount(run, records, resamples=20)
    assert read_manifest(run / "bundle") == before


def test_what_was_never_evaluated_is_not_counted(run: Path) -> None:
    manifest = read_manifest(run / "bundle")
    manifest["operating_point"]["measured_on"] = None
    write_manifest(run / "bundle", manifest)
    with pytest.raises(TrainingError, match="is not evaluated; run `evaluate` first"):
        recount(run, made_up()[1], resamples=20)


def test_the_made_up_answers_are_in_another_order_than_the_records() -> None:
    predictions, records, _ = made_up()
    assert list(predictions.table["image_id"]) != [record.image_id for record in records]
    assert np.isfinite(predictions.table["p_malignant"]).all()
