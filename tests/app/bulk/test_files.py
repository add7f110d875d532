"""Which files a run screens, and in which order."""

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.bulk.errors import BulkError
from app.bulk.files import Listing, Own


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "deep/er/c.tiff", "deep/note.txt", "._b.jpg", "no-suffix"):
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12")
    return tmp_path / "archive"


def names(folder: Path, *paths: str | Path, lists: tuple[str, ...] = ()) -> list[str]:
    """Relative to `folder`, in the order that the journal gives: by number, then by bytes."""
    found = sorted((number, os.fsencode(file.path)) for number, file in Listing(list(map(str, paths)), lists))
    return [os.path.relpath(os.fsdecode(path), folder) for _, path in found]


def test_a_folder_is_read_with_all_below_and_what_is_left_out_is_counted(folder: Path) -> None:
    listing = Listing([str(folder)], ())
    assert {os.path.relpath(file.path, folder) for _, file in listing} == {"a.PNG", "b.jpg", "deep/er/c.tiff"}
    assert listing.left_out == 3


def test_a_file_that_is_named_itself_is_taken_whatever_it_is_called(folder: Path) -> None:
    assert names(folder, folder / "no-suffix", folder / "b.jpg") == ["no-suffix", "b.jpg"]


def test_a_glob_matches_files_and_folders_and_a_name_that_looks_like_one_is_a_name(folder: Path) -> None:
    assert names(folder, folder / "**" / "*.tiff") == ["deep/er/c.tiff"]
    assert names(folder, folder / "d*") == ["deep/er/c.tiff"]
    (folder / "b[1].jpg").touch()
    assert names(folder, folder / "b[1].jpg") == ["b[1].jpg"]


def test_what_a_run_writes_is_none_of_its_pictures_and_is_not_counted(folder: Path) -> None:
    key, digest = "0f" * 8, "3f" * 32
    own = (
        "1.csv", "1.csv.journal", "1.csv.journal-journal", f"1.{key}.csv", f"1.{key}.2.csv.journal", ".1.part.csv",
        "1.evaluation.json", "run.html", f"maps/3f/{digest}.png",
    )  # fmt: skip
    for name in (*own, "1.2.840.1", "maps/a.png", f"{digest}.png", "deep/1.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    written = Own(folder / "1.csv", str(folder / "maps"), folder / "run.html")
    listing = Listing([str(folder)], (), written)
    found = {os.path.relpath(file.path, folder) for _, file in listing}
    assert found == {"a.PNG", "b.jpg", "deep/er/c.tiff", "maps/a.png", f"{digest}.png"}
    assert listing.left_out == 3 + len(("1.2.840.1", "deep/1.csv"))
    by_pattern = {os.path.relpath(file.path, folder) for _, file in Listing([str(folder / "**" / "*.*")], (), written)}
    assert by_pattern == {*found, "1.2.840.1", "deep/1.csv", "deep/note.txt"}
    [(_, named)] = Listing([str(folder / "run.html")], (), written)
    assert named.path == str(folder / "run.html"), "what is named itself is always taken"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\0"])
def test_a_list_names_a_path_a_line_or_before_each_nul(folder: Path, tmp_path: Path, end: str) -> None:
    odd = "new\nline.jpg" if end == "\0" else "com,ma.jpg"
    (folder / odd).touch()
    paths = [str(folder / "deep"), "", str(folder / odd), str(folder / "gone.jpg")]
    (tmp_path / "list").write_bytes(end.join([*paths, ""]).encode())
    assert names(folder, lists=(str(tmp_path / "list"),)) == ["deep/er/c.tiff", odd, "gone.jpg"]


def test_a_list_longer_than_what_is_read_at_a_time_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [str(folder / f"{number:05}-{'x' * 40}.jpg") for number in range(3000)]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO("\n".join(lines).encode())))
    assert [file.path for _, file in Listing([], ("-",))] == lines


def test_bytes_that_are_no_utf8_survive(folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9 \xff.png")
    (folder / name).touch()
    assert name in names(folder, folder)


def test_links_are_followed_but_never_in_a_circle(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "d.png").touch()
    (folder / "link").symlink_to(tmp_path / "other")
    (folder / "deep" / "up").symlink_to(folder)
    assert names(folder, folder) == ["a.PNG", "b.jpg", "deep/er/c.tiff", "link/d.png"]


def test_a_link_that_leads_nowhere_hides_nothing_beside_it(folder: Path) -> None:
    (folder / "circle.jpg").symlink_to("circle.jpg")
    (folder / "self").symlink_to("self")
    assert names(folder, folder) == ["a.PNG", "b.jpg", "circle.jpg", "deep/er/c.tiff"]


def test_a_pattern_finds_a_file_once_although_links_lead_in_a_circle(folder: Path) -> None:
    (folder / "again").symlink_to(folder)
    assert names(folder, folder / "**" / "*.jpg") == ["b.jpg"]


def test_what_cannot_be_looked_into_is_listed_so_that_it_becomes_a_row(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.scandir

    def scan(path: str) -> object:
        if str(path).endswith("er"):
            raise PermissionError(13, "Permission denied")
        return whole(path)

    monkeypatch.setattr(os, "scandir", scan)
    assert names(folder, folder) == ["a.PNG", "b.jpg", "deep/er"]


def test_objects_of_a_store_are_listed_with_size_and_stamp(folder: Path) -> None:
    found = [file for _, file in Listing([f"file://{folder}"], ())]
    assert [file.path for file in found] == [f"file://{folder}/{name}" for name in ("a.PNG", "b.jpg", "deep/er/c.tiff")]
    assert all(file.size == 2 and int(file.stamp) > 10**18 for file in found)


@pytest.mark.parametrize("path", ["archiv", "archive/*.bmp", "file:///nowhere/at/all"])
def test_a_path_that_names_nothing_is_a_sentence(folder: Path, path: str) -> None:
    name = path if "://" in path else str(folder.parent / path)
    with pytest.raises(BulkError, match="There is no"):
        list(Listing([name], ()))


def test_a_list_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BulkError, match=r"The list '.*gone' cannot be read"):
        Listing([], (str(tmp_path / "gone"),))
