"""`flask --app wsgi screen` as its users meet it: in this process for what it refuses, as a real one to be killed."""

import os
import re
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask

from app.bulk.files import seen
from app.bulk.processes import Job, Processes
from app.bulk.results import read_results
from app.bulk.setup import setup_of
from app.bulk.work import answers
from app.config import REPOSITORY
from app.screening.decode import DecodeLimits
from app.screening.screener import Screener
from app.screening.table import answer_cells
from tests.helpers.archive import PATIENCE_SECONDS, draw_archive, finish, start, wait_for_commit, wait_for_files

COUNT = 384
"""Enough that a run is not over before it can be killed: the journal commits every half second."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_archive(tmp_path_factory.mktemp("archive"), COUNT)


def test_killed_and_interrupted_runs_go_on_and_the_answers_are_the_screeners(
    archive: Path, tmp_path: Path, screener: Screener
) -> None:
    output, maps = tmp_path / "results.csv", tmp_path / "maps"
    arguments = (archive, "--output", output, "--jobs", "1", "--explain", maps)
    killed = start(*arguments)
    wait_for_files(maps, 1)
    wait_for_commit(output, time.time_ns())
    killed.kill()
    killed.communicate()
    before = sum(1 for _ in maps.rglob("*.png"))
    stopped = start(*arguments)
    wait_for_files(maps, before + 8)
    os.kill(stopped.pid, signal.SIGINT)
    _, told = stopped.communicate(timeout=PATIENCE_SECONDS)
    assert stopped.returncode == 130
    assert "files have their answers already" in told
    assert "Stopped. The same command goes on from here" in told
    assert not output.exists()
    told = finish(start(*arguments))
    screened = re.search(r"Screened (\d+) in", told)
    assert screened
    assert 0 < int(screened[1]) < COUNT
    rows = list(read_results(output))
    assert [row["path"] for row in rows] == sorted(map(str, archive.rglob("*.jpg")))
    for row in rows[::16]:
        expected = answer_cells(screener.screen(Path(str(row["path"])).read_bytes()))
        assert {name: row[name] for name in expected} == {name: value or None for name, value in expected.items()}
    assert "\r" not in told, "the progress bar is for terminals"


def test_a_process_that_is_killed_loses_no_picture(archive: Path, bundle_folder: Path) -> None:
    limits = DecodeLimits()
    files = [seen(str(path)) for path in sorted(archive.rglob("*.jpg"))]
    found = []
    with Processes(Job(setup_of(bundle_folder, limits), bundle_folder, limits), 2) as team:
        victims = [process.ready.result() for process in team._team]
        for batch in answers(iter(files), team, 4):
            found += batch
            if victims and len(found) > COUNT // 4:
                os.kill(victims.pop(), signal.SIGKILL)
    assert not victims
    assert sorted(entry.file.path for entry in found) == [file.path for file in files]
    assert not [entry.cells["error"] for entry in found if "error" in entry.cells]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "Missing option '--output'"),
        (["--output", "{tmp}/a.csv"], 2, "Name files or folders, or a --list of them."),
        (["{tmp}", "--output", "{tmp}/a.xlsx"], 1, "'a.xlsx' must end in .csv or .parquet."),
        (["{tmp}", "--output", "{tmp}/no/a.csv"], 1, "There is no folder '{tmp}/no' for the results; make it first."),
        (["{tmp}", "--output", "{tmp}/folder.csv"], 1, "'{tmp}/folder.csv' is a folder; name a file in it."),
        (["{tmp}/typo", "--output", "{tmp}/a.csv"], 1, "There is no file or folder '{tmp}/typo'"),
        (["{tmp}", "--output", "{tmp}/a.csv"], 1, "No picture was found"),
        (["{tmp}", "--output", "{tmp}/a.csv", "--jbos", "2"], 2, "No such option '--jbos'. Did you mean '--jobs'?"),
        (["{tmp}", "--output", "{tmp}/a.csv", "--jobs", "0"], 2, "0 is not in the range 1<=x<=1024."),
        (
            ["{tmp}", "--output", "{tmp}/a.csv", "--jobs", "2", "--cluster", "tcp://a:1"],
            2,
            "--jobs is for this machine",
        ),
        (["{tmp}", "--output", "{tmp}/a.csv", "--explain", "/proc/no"], 1, "The folder '/proc/no' cannot be made"),
    ],
)
def test_a_mistake_is_one_clear_sentence(
    app: Flask, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    found = app.test_cli_runner().invoke(args=["screen", *(entry.format(tmp=tmp_path) for entry in arguments)])
    assert found.exit_code == code, found.output
    assert words.format(tmp=tmp_path) in found.output
    assert "Traceback" not in found.output
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]


def test_a_folder_that_may_not_be_written_is_told_before_anything_is_screened(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.bulk.run.os.access", lambda *_: False)  # root may write everywhere
    found = app.test_cli_runner().invoke(args=["screen", str(tmp_path), "--output", str(tmp_path / "a.csv")])
    assert (found.exit_code, found.output) == (
        1, f"Error: Nothing can be written into the folder '{tmp_path}'; choose another --output.\n"
    )  # fmt: skip


def test_a_model_or_a_setting_that_cannot_be_used_is_a_sentence_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")  # as flask itself sets it
    for name, value in (("LESION_BUNDLE", str(tmp_path)), ("LESION_MAX_UPLOAD_MB", "many")):
        with monkeypatch.context() as environment:
            environment.setenv(name, value)
            with pytest.raises(SystemExit, match=r"^Lesion Screening does not start: "):
                runpy.run_path(str(REPOSITORY / "wsgi.py"))


@pytest.mark.parametrize(
    ("module", "arguments", "file"),
    [
        ("pyarrow.parquet", ["--output", "a.parquet"], "requirements-bulk.txt"),
        ("distributed", ["--output", "a.csv", "--cluster", "tcp://a:1"], "requirements-cluster.txt"),
        ("pyarrow.fs", ["s3://bucket/folder", "--output", "a.csv"], "requirements-bulk.txt"),
    ],
)
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, arguments: list[str], file: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").touch()
    found = app.test_cli_runner().invoke(args=["screen", str(tmp_path), *arguments])
    assert found.exit_code == 1
    assert (
        f"needs a package that is not installed: `make .venv/ready SERVING={file}`, or `pip install -r {file}`"
        in found.output
    )


def test_what_a_run_wrote_among_the_pictures_is_not_screened_by_the_next(app: Flask, tmp_path: Path) -> None:
    draw_archive(tmp_path, 2)
    arguments = ["screen", str(tmp_path), "--output", str(tmp_path / "a.csv"), "--explain", str(tmp_path / "maps")]
    for told in ("Screened 2 in", "Nothing to do"):
        found = app.test_cli_runner().invoke(args=[*arguments, "--jobs", "1"])
        assert found.exit_code == 0, found.output
        assert told in found.output
        assert "Left out" not in found.output
    assert list((tmp_path / "maps").rglob("*.png"))


def test_the_command_with_its_whole_path_works_in_any_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flask", "--app", str(REPOSITORY / "wsgi.py"), "screen", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "--output FILE" in done.stdout
