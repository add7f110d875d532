"""A run: nothing is lost, nothing is done twice, and the same archive gives the same bytes."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from app.bulk.errors import BulkError
from app.bulk.files import Listed, Listing
from app.bulk.journal import Journal
from app.bulk.picture import read_file
from app.bulk.results import read_results
from app.bulk.run import Done, Plan, run
from app.bulk.setup import Setup
from app.screening.screener import Screener
from tests.helpers.archive import draw_archive
from tests.helpers.inline import Inline, Stopped
from tests.helpers.uploads import truncated_jpeg

SETUP = Setup("drawn 1.0", "{}", "0.1.0")
COUNT = 12


class Screen(Protocol):
    """Screens the archive; gives the team and what the user was told."""

    def __call__(
        self, name: str = ..., *, setup: Setup = ..., stop_after: int | None = ..., paths: list[str] | None = ...
    ) -> tuple[Inline, list[str], Done | None]: ...


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = draw_archive(tmp_path / "archive", COUNT)
    (folder / "left" / "bad.jpg").write_bytes(truncated_jpeg())
    (folder / "right" / "twice.jpg").write_bytes((folder / "left" / "0004.jpg").read_bytes())
    return folder


@pytest.fixture
def screen(archive: Path, tmp_path: Path, screener: Screener) -> Screen:
    def once(
        name: str = "results.csv",
        *,
        setup: Setup = SETUP,
        stop_after: int | None = None,
        paths: list[str] | None = None,
    ) -> tuple[Inline, list[str], Done | None]:
        team, told = Inline(screener, stop_after), list[str]()
        plan = Plan(Listing(paths or [str(archive)], ()), tmp_path / name, screener.bundle, setup, "", 2)
        if stop_after is None:
            return team, told, run(plan, lambda _: team, told.append, lambda _, found: found)
        with pytest.raises(Stopped):
            run(plan, lambda _: team, told.append, lambda _, found: found)
        return team, told, None

    return once


def listed(archive: Path) -> list[str]:
    return sorted(map(str, archive.rglob("*.jpg")), key=os.fsencode)


def test_every_file_is_a_row_in_the_order_of_the_listing_and_bad_ones_stop_nobody(
    screen: Screen, archive: Path, tmp_path: Path
) -> None:
    _, _, done = screen()
    rows = list(read_results(tmp_path / "results.csv"))
    assert [row["path"] for row in rows] == listed(archive)
    assert [Path(str(row["path"])).name for row in rows if row["error"]] == ["bad.jpg"]
    assert done is not None
    assert (done.files, done.screened, done.counts["errors"]) == (COUNT + 2, COUNT + 2, 1)
    assert sum(done.counts.values()) == COUNT + 2


def test_the_same_bytes_again_are_named(screen: Screen, archive: Path, tmp_path: Path) -> None:
    screen()
    rows = {Path(str(row["path"])).name: row for row in read_results(tmp_path / "results.csv")}
    assert rows["twice.jpg"]["duplicate_of"] == str(archive / "left" / "0004.jpg")
    assert rows["twice.jpg"]["sha256"] == rows["0004.jpg"]["sha256"]
    assert [name for name, row in rows.items() if row["duplicate_of"]] == ["twice.jpg"]


def test_csv_and_parquet_say_the_same(screen: Screen, tmp_path: Path) -> None:
    screen("results.csv")
    screen("results.parquet")
    assert list(read_results(tmp_path / "results.csv")) == list(read_results(tmp_path / "results.parquet"))


@pytest.mark.parametrize("name", ["results.csv", "results.parquet"])
def test_a_run_that_was_broken_off_goes_on_and_gives_the_same_bytes(
    screen: Screen, archive: Path, tmp_path: Path, name: str
) -> None:
    screen(name.replace("results", "whole"))
    first, _, _ = screen(name, stop_after=5)
    assert not (tmp_path / name).exists()
    second, told, _ = screen(name)
    assert sorted(first.screened + second.screened) == sorted(listed(archive))
    assert told == [f"{len(first.screened)} of {COUNT + 2} files have their answers already."]
    assert (tmp_path / name).read_bytes() == (tmp_path / name.replace("results", "whole")).read_bytes()
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_a_second_run_does_nothing_and_says_so(screen: Screen, tmp_path: Path) -> None:
    screen()
    before = (tmp_path / "results.csv").stat()  # without the time of its last reading
    team, told, done = screen()
    assert (team.screened, done and done.screened) == ([], 0)
    assert told == [
        f"Nothing to do: {tmp_path / 'results.csv'} has all 14 files, and neither they nor the model changed."
    ]
    after = (tmp_path / "results.csv").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_is_new_changed_or_gone_is_all_that_a_further_run_sees_to(
    screen: Screen, archive: Path, tmp_path: Path
) -> None:
    screen()
    paths = [Path(path) for path in listed(archive)]
    (archive / "new.jpg").write_bytes(paths[1].read_bytes())
    os.utime(paths[2], ns=(0, 0))
    paths[3].unlink()
    team, _, _ = screen()
    assert team.screened == [str(paths[2]), str(archive / "new.jpg")]
    assert [row["path"] for row in read_results(tmp_path / "results.csv")] == listed(archive)


def test_what_could_not_be_read_is_tried_again_and_what_was_refused_is_not(
    screen: Screen, archive: Path, tmp_path: Path
) -> None:
    gone = str(archive / "gone.jpg")
    Path(gone).symlink_to(archive / "nowhere")
    screen()
    assert next(row for row in read_results(tmp_path / "results.csv") if row["path"] == gone)["reason"] == "missing"
    team, _, _ = screen()
    assert team.screened == [gone]


def test_another_model_starts_anew_says_why_and_keeps_what_there_was(
    screen: Screen, archive: Path, tmp_path: Path
) -> None:
    screen()
    before = (tmp_path / "results.csv").read_bytes()
    team, told, _ = screen(setup=replace(SETUP, model="drawn 2.0"))
    assert sorted(team.screened) == sorted(listed(archive))
    kept = f"results.{SETUP.key()}.csv"
    reason = "it is another model (drawn 1.0 before, drawn 2.0 now)"
    assert told == [f"The run starts anew, since {reason}. What was there is kept as {kept} and {kept}.journal."]
    assert (tmp_path / kept).read_bytes() == before
    screen()
    _, told, _ = screen(setup=replace(SETUP, model="drawn 2.0"))
    assert (tmp_path / kept).read_bytes() == before
    assert f"is kept as results.{SETUP.key()}.2.csv and results.{SETUP.key()}.2.csv.journal." in told[0]


def test_a_results_file_that_somebody_changed_is_never_overwritten(screen: Screen, tmp_path: Path) -> None:
    screen()
    with (tmp_path / "results.csv").open("a") as file:
        file.write("# my remark\n")
    before = (tmp_path / "results.csv").read_bytes()
    with pytest.raises(BulkError, match="is not what this command wrote there: move it away"):
        screen()
    assert (tmp_path / "results.csv").read_bytes() == before


def test_results_that_are_gone_are_written_again_without_screening(screen: Screen, tmp_path: Path) -> None:
    screen()
    before = (tmp_path / "results.csv").read_bytes()
    (tmp_path / "results.csv").unlink()
    assert screen()[0].screened == []
    assert (tmp_path / "results.csv").read_bytes() == before


def test_a_disk_that_refuses_the_results_loses_no_answer(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("app.bulk.run.write_results", refuse)
        with pytest.raises(BulkError, match="cannot be written \\(No space left on device\\): the same command"):
            screen()
    team, _, done = screen()
    assert (team.screened, done and done.files) == ([], 14)


def test_results_that_could_not_be_written_leave_no_old_ones_for_the_last_word(
    screen: Screen, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = str(archive / "left" / "0002.jpg")
    error = {"late": True}

    def read(file: Listed, most: int) -> tuple[Listed, bytes | None]:
        if file.path == late and error["late"]:
            raise OSError(5, "Input/output error")
        return read_file(file, most)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def told() -> dict[str, object]:
        return {str(row["path"]): row["error"] for row in read_results(tmp_path / "results.csv")}

    monkeypatch.setattr("app.bulk.picture.read_file", read)
    screen()
    assert told()[late]
    error["late"] = False
    with monkeypatch.context() as broken:
        broken.setattr("app.bulk.run.write_results", refuse)
        with pytest.raises(BulkError):
            screen()
    screen()
    assert not told()[late]


def test_one_run_at_a_time_writes_a_journal(screen: Screen, tmp_path: Path) -> None:
    with Journal(tmp_path / "results.csv.journal"), pytest.raises(BulkError, match="Another run is writing"):
        screen()


def test_what_is_no_journal_is_left_alone(screen: Screen, tmp_path: Path) -> None:
    path = tmp_path / "results.csv.journal"
    path.write_text("dear diary " * 100)
    with pytest.raises(BulkError, match="is damaged, or no journal: move it away"):
        screen()
    assert path.read_text().startswith("dear diary")
    path.unlink()
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE mine (x)")
    base.close()
    with pytest.raises(BulkError, match="is no journal of this command"):
        screen()


def test_a_path_that_is_named_twice_is_one_row(screen: Screen, archive: Path, tmp_path: Path) -> None:
    path = str(archive / "right" / "0003.jpg")
    screen(paths=[path, str(archive), path])
    assert [row["path"] for row in read_results(tmp_path / "results.csv")] == [
        path, *(other for other in listed(archive) if other != path)
    ]  # fmt: skip


def test_heat_maps_that_are_asked_for_later_are_made(screener: Screener, archive: Path, tmp_path: Path) -> None:
    def once(heat_maps: str) -> list[str]:
        team = Inline(screener)
        plan = Plan(Listing([str(archive)], ()), tmp_path / "a.csv", screener.bundle, SETUP, heat_maps, 2)
        run(plan, lambda _: team, lambda _: None, lambda _, found: found)
        return team.screened

    counts = [len(once(heat_maps)) for heat_maps in ("", "/maps", "/maps", "", "/other")]
    assert counts == [COUNT + 2, COUNT + 2, 0, 0, COUNT + 2]


def test_a_folder_without_pictures_is_a_sentence(screen: Screen, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").touch()
    with pytest.raises(BulkError, match="No picture was found \\(left out, since they do not end like pictures: 1"):
        screen(paths=[str(tmp_path / "texts")])


def test_results_name_their_model_and_those_of_other_columns_are_written_anew_from_the_journal(
    screen: Screen, tmp_path: Path
) -> None:
    screen()
    with Journal(tmp_path / "results.csv.journal") as journal:
        journal.write_note("listed", journal.listing_digest())  # as before the columns stood there
    _, told, done = screen()
    assert done
    assert done.screened == 0
    assert not any(sentence.startswith("Nothing to do") for sentence in told)
    assert {row["model"] for row in read_results(tmp_path / "results.csv")} == {SETUP.model}
