"""Labels as users write them: found by path or name, refused with a sentence where they could be meant otherwise."""

from pathlib import Path

import pytest

from app.evaluation.labels import Labels, LabelsRejected, read_labels
from app.evaluation.matching import match

CODES = {"mel": True, "nv": False}


def labels(folder: Path, text: str) -> Labels:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return read_labels(path, CODES)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_words_numbers_and_classes_are_truths(tmp_path: Path, separator: str) -> None:
    rows = ["File,Truth", "a.jpg,benign", "b.jpg,Malignant", "c.jpg,0", "d.jpg,1", "e.jpg,MEL", "f.jpg,nv", "g.jpg,"]
    found = labels(tmp_path, "\ufeff" + "\r\n".join(rows).replace(",", separator))
    assert [row.malignant for row in found.rows] == [False, True, False, True, True, False, None]
    assert [row.line for row in found.rows] == [2, 3, 4, 5, 6, 7, 8]
    assert found.group_column is None


def test_a_patient_is_a_larger_group_than_a_lesion(tmp_path: Path) -> None:
    found = labels(tmp_path, "image_id,dx,lesion_id,patient_id\nx,mel,l1,p1\n")
    assert (found.group_column, found.rows[0].group) == ("patient_id", "p1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("picture,truth\na,0\n", "has no column for the path or file name; name it with one of: path"),
        ("path,answer\na,0\n", "has no column for the truth"),
        ("path,dx,malignant\na,nv,0\n", "the truth could stand in the columns dx and malignant"),
        ("path,truth\na,maybe\nb,0\nc,perhaps\n", "2 labels of .* unknown .'maybe' in line 2, 'perhaps' in line 4"),
        ("path,truth\n,0\n", "Line 2 of .* names no picture"),
        ("path,truth\n", "have a header and no rows"),
        ('path,truth\n"a,0\n', "are no CSV"),
        ("path,truth\na\n,0", "names no picture"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_with_what_to_change(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(LabelsRejected, match=told):
        labels(tmp_path, text)


def test_missing_files_and_other_encodings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsRejected, match="cannot be read: No such file"):
        read_labels(tmp_path / "none.csv", CODES)
    (tmp_path / "latin.csv").write_bytes("path,truth\nMüller.jpg,0\n".encode("latin-1"))
    with pytest.raises(LabelsRejected, match="no CSV in UTF-8"):
        read_labels(tmp_path / "latin.csv", CODES)


def matched(folder: Path, rows: str, paths: list[str], copies: dict[int, int] | None = None) -> list[bool | None]:
    copy_of = [(copies or {}).get(index) for index in range(len(paths))]
    found = match(labels(folder, "path,truth\n" + rows), paths, copy_of)
    return [label.malignant if label else None for label in found.labels]


def test_a_picture_is_found_by_path_end_of_path_name_and_stem(tmp_path: Path) -> None:
    paths = ["/data/one/a.jpg", "/data/one/b.jpg", "/data/two/b.jpg", "/data/two/c.v2.jpg", "d"]
    rows = "a.jpg,1\none/b.jpg,1\n/data/two/b.jpg,0\nc.v2,1\n./d,0\n"
    assert matched(tmp_path, rows, paths) == [True, True, False, True, False]
    assert matched(tmp_path, "x\\a.jpg,1\n", ["x/a.jpg"]) == [True]


def test_letters_that_can_be_written_in_two_ways_are_the_same(tmp_path: Path) -> None:
    assert matched(tmp_path, "u\u0308.jpg,1\n", ["\u00fc.jpg"]) == [True]


def test_a_whole_path_is_meant_before_a_longer_one_that_ends_so(tmp_path: Path) -> None:
    assert matched(tmp_path, "a.jpg,1\nother/a.jpg,0\n", ["other/a.jpg", "a.jpg"]) == [False, True]


def test_a_copy_counts_once_whatever_name_its_label_has(tmp_path: Path) -> None:
    assert matched(tmp_path, "b.jpg,1\n", ["a.jpg", "b.jpg"], {1: 0}) == [True, None]
    assert matched(tmp_path, "a.jpg,1\n", ["one/a.jpg", "two/a.jpg"], {1: 0}) == [True, None]
    with pytest.raises(LabelsRejected, match="Lines 2 and 3 of the labels contradict each other"):
        matched(tmp_path, "a.jpg,1\nb.jpg,0\n", ["a.jpg", "b.jpg"], {1: 0})


def test_what_no_label_fits_or_one_fits_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsRejected, match=r"fits 'one/a.jpg' and 'two/a.jpg'; write more of the path"):
        matched(tmp_path, "a.jpg,1\n", ["one/a.jpg", "two/a.jpg"])
    with pytest.raises(LabelsRejected, match=r"1 pictures of the run have no label, such as 'b.jpg'"):
        matched(tmp_path, "a.jpg,1\n", ["a.jpg", "b.jpg"])
    with pytest.raises(LabelsRejected, match="No label fits any picture"):
        matched(tmp_path, "x.jpg,1\n", ["a.jpg"])


def test_labels_of_pictures_that_were_not_screened_are_counted(tmp_path: Path) -> None:
    found = match(labels(tmp_path, "path,truth\na.jpg,1\nx.jpg,0\ny.jpg,\n"), ["a.jpg"], [None])
    assert found.unused == 2


def test_only_what_could_be_read_needs_a_label(tmp_path: Path) -> None:
    found = match(labels(tmp_path, "path,truth\na.jpg,1\n"), ["a.jpg", "Thumbs.db"], [None, None], unreadable={1})
    assert [label is not None for label in found.labels] == [True, False]
    damaged = match(labels(tmp_path, "path,truth\na.jpg,1\n"), ["a.jpg"], [None], unreadable={0})
    assert damaged.labels[0] is not None, "a picture that could not be read still has its truth"
