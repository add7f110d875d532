"""The external test, with the shipped bundle and drawn pictures."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from app.config import DEFAULT_BUNDLE
from app.screening.screener import Screener
from app.screening.synthetic import draw_lesion
from tests.helpers.uploads import encoded
from training.bundles import read_manifest
from training.cli.external import can_be_measured
from training.datasets.records import Dataset, LesionRecord
from training.external import evaluate_external, external_part
from training.recipe import load_recipe


@pytest.fixture
def pictures(tmp_path: Path) -> list[LesionRecord]:
    found = []
    for seed in range(8):
        path = tmp_path / f"{seed}.png"
        path.write_bytes(encoded(Image.fromarray(draw_lesion(seed, 224, 224)), "PNG"))
        found.append(LesionRecord(path, str(seed), None, "mel" if seed % 2 else "not_mel", "isic2017", part="test"))
    return found


def test_it_measures_what_the_screener_answers(tmp_path: Path, pictures: list[LesionRecord]) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(DEFAULT_BUNDLE, bundle)
    found = evaluate_external(bundle, pictures, resamples=20)
    screener = Screener.from_folder(bundle)
    answers = [screener.screen(record.image_path.read_bytes()) for record in pictures]
    threshold = screener.bundle.operating_point.threshold  # type: ignore[union-attr]
    scores = [answer.p_malignant for answer in answers if answer.p_malignant is not None]
    assert len(scores) == 8, "drawn lesions are assessed"
    sick = [score for score, record in zip(scores, pictures, strict=True) if record.dx == "mel"]
    well = [score for score, record in zip(scores, pictures, strict=True) if record.dx != "mel"]
    pairs = [(a > b) + (a == b) / 2 for a in sick for b in well]
    assert found["images"] == 8
    assert found["melanomas"] == 4
    assert found["auc"]["value"] == pytest.approx(sum(pairs) / len(pairs))
    assert found["sensitivity"]["value"] == sum(score >= threshold for score in sick) / 4
    assert found["specificity"]["value"] == sum(score < threshold for score in well) / 4
    assert read_manifest(bundle)["metrics"]["external"]["auc"] == found["auc"]


def test_only_the_publisher_s_test_part_is_used(pictures: list[LesionRecord]) -> None:
    train = LesionRecord(pictures[0].image_path, "train", None, "mel", "isic2017", part="train")
    assert external_part(Dataset("isic2017", (*pictures, train), ())) == pictures


def test_it_is_for_bundles_that_tell_melanoma_apart_where_the_data_is_at_hand(tmp_path: Path) -> None:
    recipe = load_recipe("three_block_ham10000")
    assert not can_be_measured(recipe, tmp_path)
    (tmp_path / "isic2017").mkdir()
    assert can_be_measured(recipe, tmp_path)
    assert not can_be_measured(load_recipe("islam2024_student"), tmp_path)
