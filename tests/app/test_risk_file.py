"""The risk file, the threat model and the other documents name tests: each has to exist, and each row to be whole."""

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from app.config import REPOSITORY

TEST_ID = re.compile(r"\btests/[\w/]+\.py(?:::\w+)+")
RISK, THREATS, ASVS = (REPOSITORY / "docs" / name for name in ("risk.md", "threat-model.md", "asvs.md"))
DOCUMENTS = sorted(REPOSITORY.glob("docs/*.md"))
LEVELS = range(1, 6)


def rows(document: Path, first: str) -> list[dict[str, str]]:
    """The rows of all tables whose first column is called `first`: {column: cell}."""
    found: list[dict[str, str]] = []
    columns: list[str] = []
    for line in document.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = cells
        elif set("".join(cells)) != {"-", " "} and set("".join(cells)) != {"-"} and columns[0] == first:
            assert len(cells) == len(columns), line
            found.append(dict(zip(columns, cells, strict=True)))
    return found


@cache
def defined(path: Path) -> frozenset[str]:
    """The functions and classes of a file, those in a class with its name before."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return frozenset(names)


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    path = REPOSITORY / file
    return path.is_file() and name.rpartition("::")[2].startswith("test_") and name in defined(path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    missing = {test for test in TEST_ID.findall(document.read_text(encoding="utf-8")) if not exists(test)}
    assert not missing, "\n".join(sorted(missing))


def test_a_test_that_is_gone_would_be_found() -> None:
    own = "tests/app/test_risk_file.py::"
    assert exists(own + "test_a_test_that_is_gone_would_be_found")
    assert not exists(own + "test_that_never_was")
    assert not exists(own + "rows"), "a helper is no test"
    assert not exists("tests/app/no_such_file.py::test_a")


def test_every_hazard_is_whole_and_held_by_tests() -> None:
    hazards = rows(RISK, "id")
    assert [row["id"] for row in hazards] == [f"H-{number:02}" for number in range(1, len(hazards) + 1)]
    for row in hazards:
        assert all(row.values()), row["id"]
        assert TEST_ID.findall(row["tests"]), row["id"]


def test_what_is_left_of_a_risk_follows_from_its_numbers() -> None:
    for row in rows(RISK, "id"):
        severity, before, after = (int(row[column]) for column in ("S", "P before", "P after"))
        assert severity in LEVELS and before in LEVELS and after in LEVELS, row["id"]  # noqa: PT018
        assert after <= before, row["id"]
        left = row["what is left"].lstrip("*")
        if severity * after >= 10:
            assert left.startswith("Not acceptable for clinical use"), row["id"]
        elif severity * after > 4:
            assert left.startswith("Acceptable where it cannot be made lower"), row["id"]
        else:
            assert left.startswith("Acceptable") and not left.startswith("Acceptable where"), row["id"]  # noqa: PT018


def test_every_threat_names_its_boundary_its_kind_and_what_stands_against_it() -> None:
    threats = rows(THREATS, "id")
    assert [row["id"] for row in threats] == [f"T-{number:02}" for number in range(1, len(threats) + 1)]
    text = THREATS.read_text(encoding="utf-8")
    for row in threats:
        assert set(row["kind"]) <= set("STRIDE"), row["id"]
        assert re.fullmatch(r"B\d", row["boundary"]), row["id"]
        assert f"| {row['boundary']} | " in text, row["id"]
        assert TEST_ID.findall(row["tests"]) or row["tests"].startswith("none"), row["id"]
        for path in re.findall(r"`((?:app|deploy|docs|tests)/[\w/.-]+|[\w.-]+\.(?:yaml|py|txt))`", row["where"]):
            assert (REPOSITORY / path).exists(), f"{row['id']}: {path}"


def test_every_requirement_of_asvs_is_judged_with_evidence_and_stands_once() -> None:
    requirements = rows(ASVS, "requirement")
    ids = [row["requirement"] for row in requirements]
    assert len(ids) == len(set(ids))
    numbers = [tuple(int(part) for part in name.removeprefix("V").split(".")) for name in ids]
    assert all(len(number) == 3 for number in numbers)
    assert all(first < second for first, second in pairwise(numbers)), "in the standard's order"
    for row in requirements:
        assert row["state"] in {"met", "in part", "not met", "not applicable"}, row["requirement"]
        assert row["level"] in {"1", "2"}, row["requirement"]
        if row["state"] == "met":
            assert TEST_ID.findall(row["evidence"]) or "`" in row["evidence"] or "](" in row["evidence"], row[
                "requirement"
            ]
        assert row["how"], row["requirement"]


def test_the_counts_of_asvs_are_those_of_its_table() -> None:
    counted = {row["state"]: row["requirements"] for row in rows(ASVS, "state")}
    states = [row["state"] for row in rows(ASVS, "requirement")]
    assert {state: str(states.count(state)) for state in sorted(set(states))} == dict(sorted(counted.items()))
