"""label_store: teachers' answers that are committed, so that a student is made again without its teachers.

STUDENT-TEACHER/ holds a bank as `training.banks` keeps it, and teacher.json: whose answers these are. A bank belongs to
its views and pictures as every bank does, and to the teacher's recipe: if one of them was changed, it is refused.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.config import REPOSITORY
from training.banks import IDENTITY, Bank, BankMismatch, check_bank, is_whole, read_bank, view_file
from training.errors import TrainingError
from training.recipe import Recipe, load_recipe

STORE = REPOSITORY / "label_store"
TEACHER = "teacher.json"
MOST_BYTES = 5_000_000
"""Of all that is kept."""

WEIGHTS = ("teacher", "backbones")
"""What a bank's identity says of the teacher's weights; its recipe stands for them where they are not at hand."""

ANEW = "`python -m training soft-labels` asks the teachers anew, once they are trained"


def bank_name(recipe: Recipe, teacher: str) -> str:
    """Of a teacher's answers to the views of a recipe, in OUT/soft_labels and in `label_store`."""
    return f"{(recipe.distil.bank if recipe.distil else '') or recipe.bundle}-{teacher}"


def needed_teachers(recipe: Recipe, store: Path = STORE) -> list[str]:
    """The teachers that have to be trained before the recipe: those whose answers are not kept."""
    teachers = recipe.distil.teachers if recipe.distil else ()
    return [teacher for teacher in teachers if not is_kept(bank_name(recipe, teacher), store)]


def keep(bank: Path, teacher: Recipe, run: Mapping[str, Any], views: int, store: Path = STORE) -> Path:
    """Copies a whole bank into the store, in the place of an older one.

    Args:
        bank: its folder, named as it will be in the store.
        teacher: whose answers these are.
        run: JSON-ready; what made the teacher (its run.json).
        views: how many there are.
        store: the folder of all that is kept.

    Raises:
        TrainingError: the bank is not whole, or the store would grow beyond MOST_BYTES.
    """
    if not is_whole(bank, views):
        raise TrainingError(f"{bank} does not hold all of {views} views; `soft-labels` goes on filling it")
    target, beside = store / bank.name, store / f"writing-{bank.name}"
    shutil.rmtree(beside, ignore_errors=True)
    others = [path for path in store.rglob("*") if path.is_file() and target not in path.parents]
    names = [IDENTITY, *(view_file(view) for view in range(views))]
    size = sum(path.stat().st_size for path in [*others, *(bank / name for name in names)])
    if size > MOST_BYTES:
        raise TrainingError(
            f"{store} would have {size:,} bytes with {bank.name}, and may have {MOST_BYTES:,}; lower the recipe's views"
        )
    beside.mkdir(parents=True)
    for name in names:
        shutil.copyfile(bank / name, beside / name)
    made = {"recipes": _recipes(teacher), "made": {key: value for key, value in run.items() if key != "recipe"}}
    (beside / TEACHER).write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    beside.rename(target)
    return target


def is_kept(name: str, store: Path = STORE) -> bool:
    """Whether there is a bank of this name."""
    return (store / name / IDENTITY).is_file()


def kept(
    name: str, teacher: Recipe, asked: Mapping[str, Any], pictures: int, views: int, store: Path = STORE
) -> tuple[dict[str, Any], Bank]:
    """A bank of the store with its identity.

    Args:
        name: of the bank.
        teacher: the recipe as it stands today.
        asked: the bank's identity without the teacher's weights.
        pictures, views: how many the recipe has.
        store: the folder of all that is kept.

    Raises:
        BankMismatch: it is of another teacher, other views or other pictures.
    """
    folder = store / name
    whose = json.loads((folder / TEACHER).read_text(encoding="utf-8"))
    then = [Recipe.from_dict(values).essence() for values in whose["recipes"]]
    if then != [Recipe.from_dict(values).essence() for values in _recipes(teacher)]:
        raise BankMismatch(f"{folder} has answers of a {teacher.name} with another recipe; {ANEW}")
    identity = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
    try:
        check_bank(folder, {**{key: identity.get(key) for key in WEIGHTS}, **asked})
    except BankMismatch as error:
        raise BankMismatch(f"{error} Or else: {ANEW}.") from error
    if not is_whole(folder, views):
        raise BankMismatch(f"{folder} does not hold all of {views} views; {ANEW}")
    return identity, read_bank(folder, views, pictures)


def _recipes(teacher: Recipe) -> list[dict[str, Any]]:
    """Of the teacher and of all that it goes on from, JSON-ready."""
    start = _recipes(load_recipe(teacher.start)) if teacher.start else []
    return [teacher.to_dict(), *start]
