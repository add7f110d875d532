"""The locks say what their sources ask for and what is installed; the bill of materials says what the lock does."""

import json
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply_chain import audit, licences
from supply_chain.locks import REPOSITORY, SOURCES, Locked, read_lock, serving

VENV_BRINGS = {"pip", "setuptools", "wheel"}
"""venv puts them there, in its own version, and nothing of ours imports them."""


def asked(source: str) -> list[Requirement]:
    """What a source and those that it takes in ask for."""
    found = []
    for line in (REPOSITORY / "requirements" / source).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found += asked(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def lock_of(name: str) -> list[Locked]:
    return read_lock(REPOSITORY / SOURCES[name])


def test_every_source_has_a_lock_and_every_lock_a_source() -> None:
    assert {path.stem for path in (REPOSITORY / "requirements").glob("*.in")} == set(SOURCES)
    assert {path.name for path in REPOSITORY.glob("requirements*.txt")} == set(SOURCES.values())
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8").split("\nlock:")[1].split("\n\n")[0]
    assert {f"requirements/{name}.in" for name in SOURCES} == set(re.findall(r"requirements/\S+\.in", makefile))


@pytest.mark.parametrize("name", SOURCES)
def test_a_lock_has_what_its_source_asks_for_and_hashes_of_everything(name: str) -> None:
    locked = lock_of(name)
    assert all(entry.hashes for entry in locked)
    versions = {(entry.name, entry.version) for entry in locked}
    for requirement in asked(f"{name}.in"):
        exact = str(requirement.specifier).removeprefix("==")
        assert (canonicalize_name(requirement.name), exact) in versions, f"{requirement}: run `make lock`"


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in ("test", "tools")])
def test_what_locks_share_has_one_version(name: str) -> None:
    shared: dict[str, set[str]] = {}
    for entry in lock_of("test"):
        shared.setdefault(entry.name, set()).add(entry.version)
    for entry in lock_of(name):
        assert entry.version in shared.get(entry.name, {entry.version}), entry.name


def test_what_is_installed_here_is_what_is_locked() -> None:
    here = {name: str(value) for name, value in default_environment().items()}
    wanted = {
        entry.name: entry.version
        for name in ("test", "keras-hub")
        for entry in lock_of(name)
        if entry.applies(here) and entry.name not in VENV_BRINGS
    }
    assert len(wanted) > 100
    assert {name: version(name) for name in wanted} == wanted


def test_a_line_that_pins_nothing_is_found(tmp_path: Path) -> None:
    for line in ("flask>=3", "git+https://example.org/flask", "flask==3.1.3 --hash=md5:00"):
        (tmp_path / "requirements.txt").write_text(f"# a lock\n{line}\n", encoding="utf-8")
        with pytest.raises(ValueError, match="pins nothing"):
            read_lock(tmp_path / "requirements.txt")


def test_the_bill_of_materials_names_every_serving_package_with_its_licence_and_nothing_else() -> None:
    bill: dict[str, Any] = json.loads((REPOSITORY / "docs" / "sbom.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    found = {canonicalize_name(entry["name"]): entry for entry in bill["components"]}
    wanted = {entry.name: entry.version for entry in serving()}
    assert {name: entry["version"] for name, entry in found.items()} == wanted, "run `make sbom`"
    for name, entry in found.items():
        assert entry["licenses"], name
        assert canonicalize_name(entry["purl"]) == canonicalize_name(f"pkg:pypi/{name}@{entry['version']}")
    assert "/home/" not in json.dumps(bill)
    assert "file:" not in json.dumps(bill)


def test_the_page_of_licences_is_what_the_packages_state() -> None:
    if sys.version_info[:2] != (3, 11) or sys.platform != "linux":
        pytest.skip("docs/licences.md is of Python 3.11 on Linux")
    assert licences.FILE.read_text(encoding="utf-8") == licences.page(), "run `make sbom`"


KNOWN = {"name": "one", "version": "1", "vulns": []}
BAD = {"name": "two", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "three", "skip_reason": "not found"}


def audited(monkeypatch: pytest.MonkeyPatch, *found: dict[str, Any]) -> int:
    monkeypatch.setattr(audit, "_asked", lambda _: ({"dependencies": list(found)}, ""))
    return audit.audit(["requirements.txt"])


def test_a_known_vulnerability_is_named_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(monkeypatch, KNOWN, BAD) == 1
    said = capsys.readouterr().out
    assert "two 2: CVE-1, mended in 3" in said
    assert "NOT AUDITED" not in said


def test_what_nobody_could_be_asked_about_is_never_taken_for_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(monkeypatch, KNOWN, UNKNOWN) == 0
    assert "NOT AUDITED  requirements.txt: the service does not know 1 of its packages" in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.setattr(audit, "COMMAND", ["-c", "raise SystemExit('no network')"])
    assert audit.audit(["requirements.txt"]) == 0
    assert "NOT AUDITED  requirements.txt: pip-audit gave no answer. no network" in capsys.readouterr().out
