"""The rules on who may import whom, read from the source."""

import ast
import sys
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from app.config import REPOSITORY

TENSORFLOW = {"tensorflow", "keras", "training"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_below(folder: str) -> set[str]:
    files = list((REPOSITORY / folder).rglob("*.py"))
    assert files, f"no Python file in {folder}"
    return {name for path in files for name in imported(path)}


def roots(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_the_app_never_imports_training_or_tensorflow() -> None:
    assert not roots(imports_below("app")) & TENSORFLOW


def test_the_domain_never_imports_flask_or_the_rest_of_the_app() -> None:
    names = imports_below("app/screening")
    assert not roots(names) & {"flask", "werkzeug", "flask_wtf", "flask_babel", "jinja2"}
    assert all(name.startswith("app.screening") for name in names if name.startswith("app"))


def test_the_evaluation_never_imports_more_than_numpy_and_the_domain() -> None:
    names = imports_below("app/evaluation")
    allowed = {"app", "numpy", *sys.stdlib_module_names}
    assert roots(names) <= allowed, roots(names) - allowed
    assert all(name.startswith(("app.evaluation.", "app.screening.")) for name in names if name.startswith("app"))


def test_training_imports_of_the_app_only_the_domain_the_evaluation_and_where_things_lie() -> None:
    names = {name for name in imports_below("training") if name.startswith("app")}
    assert all(name.startswith(("app.screening.", "app.evaluation.", "app.config.")) for name in names), names


@pytest.mark.parametrize(("room", "other"), tuple(permutations(("web", "api", "bulk"), 2)))
def test_web_api_and_archives_do_not_reach_into_each_other(room: str, other: str) -> None:
    assert not [name for name in imports_below(f"app/{room}") if name.startswith(f"app.{other}")]


def test_no_module_reads_the_test_part_but_through_its_logged_opening() -> None:
    readers = {
        path.relative_to(REPOSITORY).as_posix()
        for folder in ("app", "training")
        for path in (REPOSITORY / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "test_ids"
    }
    assert readers == {"training/datasets/manifests.py"}
    openers = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "training").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "open_test"
    }
    assert openers == {"training/datasets/parts.py", "training/cli/main.py", "training/cli/failures.py"}


def test_only_one_place_preprocesses() -> None:
    stages = {"morphologyEx", "bilateralFilter", "GaussianBlur", "THRESH_OTSU"}
    users = {
        path.relative_to(REPOSITORY).as_posix()
        for folder in ("app", "training")
        for path in (REPOSITORY / folder).rglob("*.py")
        if stages & {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    }
    # They draw, augment, measure and compare; none of them makes a model's input.
    others = {
        "training/gate/measure.py",
        "training/non_lesions/drawn.py",
        "training/augment.py",
        "training/audit/matching.py",
        "training/bilateral.py",
        "training/roi.py",
    }
    assert users == {"app/screening/preprocess.py"} | others
