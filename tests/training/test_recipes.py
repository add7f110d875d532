"""Recipes: each is whole, can be listed, survives its JSON, and its small form takes the same path on real pictures."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import REPOSITORY
from training.datasets.parts import few
from training.errors import TrainingError
from training.recipe import DistilSpec, FitSpec, NetworkSpec, Recipe, load_recipe, purpose, recipe_names

RECIPES = recipe_names()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "training", *arguments],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_what_it_is_and_survives_its_json(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert len(purpose(name)) > 40
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe
    for teacher in recipe.distil.teachers if recipe.distil else ():
        assert load_recipe(teacher).split == recipe.split


def test_a_manifest_from_before_a_field_was_there_gives_its_default() -> None:
    recipe = load_recipe("three_block_ham10000")
    values = json.loads(json.dumps(recipe.to_dict()))
    for field in ("network", "distil", "images", "view_seed"):
        del values[field]
    assert Recipe.from_dict(values) == recipe


def test_a_recipe_that_makes_no_sense_is_refused() -> None:
    fit = load_recipe("three_block_ham10000").fit
    with pytest.raises(ValueError, match="no optimizer named 'magic'"):
        replace(fit, optimizer="magic")
    with pytest.raises(ValueError, match="more epochs than its warm-up"):
        FitSpec(**{**{name: getattr(fit, name) for name in fit.__slots__}, "cycles": (1,), "warmup_epochs": 2})
    with pytest.raises(ValueError, match="no schedule named 'cosin'"):
        replace(fit, schedule="cosin")
    with pytest.raises(ValueError, match="at least one view"):
        DistilSpec(("one",), temperature=1.0, alpha=0.5, views=0)
    with pytest.raises(ValueError, match="no weights named 'imagnet'"):
        NetworkSpec(weights="imagnet")
    with pytest.raises(ValueError, match="exclude each other"):
        replace(load_recipe("three_block_distilled"), fit=replace(fit, focal_gamma=2.0))
    with pytest.raises(TrainingError, match=r"does not know: \['magic'\]"):
        Recipe.from_dict({**load_recipe("three_block_ham10000").to_dict(), "magic": 1})
    with pytest.raises(TrainingError, match="no recipe named 'nothing-smoke'"):
        load_recipe("nothing-smoke")


def test_the_small_form_differs_only_in_size() -> None:
    whole, small = load_recipe("three_block_distilled"), load_recipe("three_block_distilled-smoke")
    assert small.name == "three_block_distilled-smoke"
    assert small.distil is not None
    assert small.distil.teachers == ("densenet169_ham10000-smoke",)
    assert (small.preprocess.stages, small.augment, small.split) == (
        whole.preprocess.stages, whole.augment, whole.split,
    )  # fmt: skip


def test_few_ids_are_spread_over_all() -> None:
    assert few(list("abcdefgh"), 4) == ["a", "c", "e", "g"]
    assert few(list("ab"), 4) == few(list("ab"), None) == ["a", "b"]


def test_the_recipes_are_listed_with_their_sizes() -> None:
    listed = command("recipes")
    assert listed.returncode == 0, listed.stderr
    for name in RECIPES:
        assert f"{name}\n  {purpose(name)}" in listed.stdout
    assert "163,527 parameters" in listed.stdout


@pytest.fixture(scope="module")
def smoke_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all recipes: a teacher that was trained for one student is there for the next."""
    return tmp_path_factory.mktemp("smoke")


@pytest.mark.parametrize("name", RECIPES)
def test_the_small_form_of_a_recipe_goes_all_the_way(name: str, data_root: Path, smoke_out: Path) -> None:
    arguments = ["--recipe", name, "--smoke", "--data-root", str(data_root), "--out", str(smoke_out)]
    done = command("release", *arguments)
    # A model that saw 160 small pictures may be no better than chance, which `calibrate` refuses, as it should.
    assert done.returncode == 0 or "no better than chance" in done.stderr, done.stderr[-2000:]
    run = smoke_out / f"{name}-smoke"
    assert (run / "bundle" / "model.tflite").stat().st_size > 100_000
    assert len((run / "history.csv").read_text().splitlines()) == 3
