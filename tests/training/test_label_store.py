"""Teachers' answers that are committed: kept whole, found again, and refused where they belong to something else."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from training import label_store
from training.augment import AugmentSpec
from training.banks import BankMismatch, fill_bank
from training.datasets.manifests import SplitManifest
from training.errors import TrainingError
from training.label_store import bank_name, keep, kept, needed_teachers
from training.recipe import load_recipe, recipe_names
from training.views import VIEWS_ALGORITHM, Views

TEACHER = load_recipe("densenet169_ham10000")
STUDENT = load_recipe("three_block_distilled")
ASKED = {"seed": 4, "augment": {"zoom": 0.1}}
PIXELS = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
VIEWS = Views(PIXELS, np.eye(5, dtype=np.float32), AugmentSpec(quarter_turns=True), seed=4)
NAME = "student-densenet169_ham10000"


def answers(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1)[:, :3].astype(np.float32) / 255


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    folder = tmp_path / "out" / NAME
    fill_bank(folder, {"teacher": "weights", "backbones": None, **ASKED}, VIEWS, 2, answers)
    return folder


def test_what_was_kept_is_what_the_teacher_said(bank: Path, tmp_path: Path) -> None:
    said = fill_bank(bank, {"teacher": "weights", "backbones": None, **ASKED}, VIEWS, 2, answers)
    keep(bank, TEACHER, {"python": "3.11", "recipe": {}}, 2, tmp_path / "store")
    identity, found = kept(NAME, TEACHER, ASKED, 5, 2, tmp_path / "store")
    assert np.array_equal(found, said)
    assert identity == {"teacher": "weights", "backbones": None, **ASKED}
    # Once more, in its own place.
    keep(bank, TEACHER, {}, 1, tmp_path / "store")
    with pytest.raises(BankMismatch, match="does not hold all of 2 views"):
        kept(NAME, TEACHER, ASKED, 5, 2, tmp_path / "store")


def test_answers_of_another_teacher_or_about_other_views_are_refused(bank: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    keep(bank, TEACHER, {}, 2, store)
    with pytest.raises(BankMismatch, match=r"another recipe; `python -m training soft-labels` asks"):
        kept(NAME, replace(TEACHER, seed=9), ASKED, 5, 2, store)
    with pytest.raises(BankMismatch, match=r"another seed; remove that folder.* Or else: `python -m training soft-la"):
        kept(NAME, TEACHER, {**ASKED, "seed": 5}, 5, 2, store)
    with pytest.raises(BankMismatch, match="not of 6 pictures"):
        kept(NAME, TEACHER, ASKED, 6, 2, store)


def test_what_is_not_whole_or_too_large_is_not_kept(
    bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    with pytest.raises(TrainingError, match="does not hold all of 3 views"):
        keep(bank, TEACHER, {}, 3, store)
    before = keep(bank, TEACHER, {}, 2, store)
    other = bank.with_name("other")
    bank.rename(other)
    monkeypatch.setattr(label_store, "MOST_BYTES", 700)
    with pytest.raises(TrainingError, match=r"may have 700; lower the recipe's views"):
        keep(other, TEACHER, {}, 2, store)
    assert [path.name for path in store.iterdir()] == [before.name]


def test_a_teacher_is_needed_where_its_answers_are_not_kept(bank: Path, tmp_path: Path) -> None:
    assert needed_teachers(TEACHER, tmp_path) == []
    assert needed_teachers(STUDENT, tmp_path) == list(STUDENT.distil.teachers if STUDENT.distil else ())
    teachers = (TEACHER.name, "another")
    student = replace(STUDENT, distil=STUDENT.distil and replace(STUDENT.distil, teachers=teachers))
    name = bank_name(student, TEACHER.name)
    bank.rename(bank.with_name(name))
    keep(bank.with_name(name), TEACHER, {}, 2, tmp_path)
    assert needed_teachers(student, tmp_path) == needed_teachers(student.seeded(3), tmp_path) == ["another"]


@pytest.mark.parametrize("change", [lambda name: f"{name}-smoke", lambda name: f"{name}-unpretrained"])
def test_the_other_forms_of_a_recipe_have_banks_of_their_own(change: Callable[[str], str]) -> None:
    whole, other = load_recipe("three_block_distilled"), load_recipe(change("three_block_distilled"))
    assert whole.distil
    assert other.distil
    assert bank_name(other, "t") == f"{change(whole.distil.bank or whole.name)}-t"


def test_all_that_is_committed_fits_and_belongs_to_the_recipes_of_today() -> None:
    files = [path for path in label_store.STORE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= label_store.MOST_BYTES
    asked = {}
    for recipe in map(load_recipe, recipe_names()):
        for teacher in recipe.distil.teachers if recipe.distil else ():
            asked[bank_name(recipe, teacher)] = (recipe, load_recipe(teacher))
    for folder in label_store.STORE.glob("*/"):
        recipe, teacher = asked[folder.name]
        assert recipe.distil
        identity = json.loads((folder / "bank.json").read_text())
        here = {
            "preprocess": teacher.preprocess.to_dict(),
            "augment": asdict(recipe.augment),
            "seed": recipe.views_seed,
            "split": SplitManifest.load(recipe.split).identity.split_sha256,
            "views": VIEWS_ALGORITHM,
        }
        expected = {**identity, **json.loads(json.dumps(here))}
        kept(folder.name, teacher, expected, np.load(folder / "view-000.npy").shape[0], recipe.distil.views)
