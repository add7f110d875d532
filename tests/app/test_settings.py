"""The table of settings in docs/operations.md says what the code does."""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.config import REPOSITORY, Config, SettingRejected
from app.names import OTHERS, PREFIX, SETTINGS

TABLE = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
ROWS = {
    cells[0].strip("`"): (cells[1].strip("`"), cells[2], cells[3])
    for line in TABLE.splitlines()
    if line.startswith("| `") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
}
GUNICORN = str(REPOSITORY / "gunicorn.conf.py")
RANGE = re.compile(r"([\d.]+) to ([\d.]+)$|([\d.]+) and more$")


class Recorder(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str] = {}) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of whoever runs the tests, and none that gunicorn.conf.py leaves."""
    kept = dict(os.environ)
    for name in ROWS:
        monkeypatch.delenv(name, raising=False)
    yield
    monkeypatch.undo()
    os.environ.clear()
    os.environ.update(kept)


def started(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads a setting as a start does, wherever it is read."""
    monkeypatch.setenv(name, value)
    runpy.run_path(GUNICORN)
    Config.from_environment().refuse_small_room()


def test_the_table_names_every_setting_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Recorder()
    Config.from_environment(environment)
    master = Recorder()
    monkeypatch.setattr(os, "environ", master)
    runpy.run_path(GUNICORN)
    assert environment.asked | master.asked == set(ROWS)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row[0] not in ("random", "cores", "empty")])
def test_a_default_written_out_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def values() -> tuple[Config, dict[str, Any]]:
        conf = runpy.run_path(GUNICORN)
        config = replace(Config.from_environment(), secret_key="")
        return replace(config, bundle=config.bundle.resolve()), {
            key: conf[key] for key in ("bind", "workers", "threads", "max_requests", "graceful_timeout")
        }

    usual = values()
    os.environ.pop("LESION_QUEUE", None)
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setenv(name, ROWS[name][0])
    assert values() == usual


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if RANGE.match(row[1])])
def test_a_value_outside_of_its_range_stops_the_start_with_a_sentence_that_names_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    low, high, least = RANGE.match(ROWS[name][1]).groups()  # type: ignore[union-attr]
    below = float(low or least)
    outside = [f"{below - 1:g}" if below >= 1 else "-1", "many"]
    if high:
        outside.append(f"{float(high) + 1:.0f}")
    for value in outside:
        os.environ.pop("LESION_QUEUE", None)
        with pytest.raises((SystemExit, SettingRejected), match=rf"{name} must be .*\.$"):
            started(name, value, monkeypatch)
    if name not in ("LESION_QUEUE", "LESION_UPLOADS_MB"):  # which are bound by others as well
        for value in filter(None, (low, least)):
            started(name, value, monkeypatch)


def test_a_queue_that_leaves_no_thread_to_refuse_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", "10")
    with pytest.raises(SystemExit, match=r"LESION_QUEUE must be at most THREADS - 2, 8"):
        started("LESION_QUEUE", "9", monkeypatch)
    started("LESION_QUEUE", "8", monkeypatch)
    assert Config.from_environment().queue == 8


def test_with_few_threads_the_queue_is_short_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    started("THREADS", "4", monkeypatch)
    assert Config.from_environment().queue == 2


def test_uploads_in_memory_need_room_for_the_largest_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingRejected, match="LESION_UPLOADS_MB must be at least 61, not 60"):
        started("LESION_UPLOADS_MB", "60", monkeypatch)
    started("LESION_UPLOADS_MB", "61", monkeypatch)


def test_a_command_holds_one_picture_and_is_not_asked_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESION_MAX_UPLOAD_MB", "200")
    assert Config.from_environment().limits.max_bytes == 200_000_000


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"WORKERS": "abc"}, "WORKERS must be a whole number above 0, not 'abc'."),
        ({"PORT": "99999"}, "PORT must be a whole number from 1 to 65535, not '99999'."),
        ({"LESION_DRAIN_SECONDS": "5s"}, "LESION_DRAIN_SECONDS must be a whole number from 0 on, not '5s'."),
        ({"THREADS": "4", "LESION_QUEUE": "16"}, "LESION_QUEUE must be at most THREADS - 2, 2: "),
        ({"FORWARDED_ALLOW_IPS": "::1,foo"}, "FORWARDED_ALLOW_IPS must be addresses, networks or '*', with commas "),
        ({"HOST": "no.such.host.invalid"}, "HOST must be an address of this machine, such as 127.0.0.1, not 'no.such"),
        ({"LESION_UPLOADS_MB": "60"}, "LESION_UPLOADS_MB must be at least 61, not 60: "),
        ({PREFIX + "LOGINS": "a"}, "LESION_LOGINS is no setting; is LESION_LOGIN meant?"),
        ({}, ""),
    ],
)
def test_the_check_without_a_start_says_what_the_start_would(settings: dict[str, str], words: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "app.check"], env={**os.environ, **settings}, cwd=REPOSITORY,
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    said = [line for line in found.stderr.splitlines() if not line.startswith("INFO: ")]
    assert found.returncode == bool(words)
    assert len(said) == bool(words), found.stderr
    assert all(line.startswith(f"Lesion Screening does not start: {words}") for line in said), found.stderr


def test_a_name_that_is_no_setting_is_refused_and_the_nearest_is_named() -> None:
    with pytest.raises(SettingRejected, match=r"^LESION_RATE_LIMITS is no setting; is LESION_RATE_LIMIT meant\?$"):
        Config.from_environment({PREFIX + "RATE_LIMITS": "off"})
    with pytest.raises(SettingRejected, match=r"is no setting; docs/operations\.md has them all\.$"):
        Config.from_environment({PREFIX + "XYZZY": "1"})
    Config.from_environment({PREFIX + "SCREENING_SERVICE_HOST": "10.0.0.1", "LESIONS": "1", "WORKER": "1"})


def test_every_name_that_is_used_is_known() -> None:
    assert {name for name in ROWS if name.startswith(PREFIX)} == SETTINGS
    files = [REPOSITORY / "Makefile", REPOSITORY / "gunicorn.conf.py"]
    files += [path for room in ("app", "bench", "training", "tests") for path in (REPOSITORY / room).rglob("*.py")]
    used = {name for path in files for name in re.findall(r"\bLESION_[A-Z_0-9]*[A-Z0-9]\b", path.read_text("utf-8"))}
    of_the_examples, misspelt_here = {"LESION_API_KEY"}, {"LESION_LOGINS", "LESION_RATE_LIMITS"}
    assert used - of_the_examples - misspelt_here == SETTINGS | OTHERS


def test_the_last_row_of_the_table_is_not_cut_off() -> None:
    assert len(ROWS) >= 17
    assert all(meaning or name == "PORT" for name, (_, _, meaning) in ROWS.items())
