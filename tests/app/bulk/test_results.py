"""The results file: what is written is read back, in both formats."""

import csv
from pathlib import Path

import pyarrow.parquet
import pytest

from app.bulk.results import ResultsUnreadable, columns, read_results, write_results
from app.screening.table import Cell

NAMES = columns(("mel", "nv"))
ODD = (
    'a,b\n"c".png',
    "-1+1.png",
    "x;=cmd.png",
    "caf\u00e9.png",
    b"\xff\xfe\\xff.png".decode("utf-8", "surrogateescape"),
    "2024\r/a.png",
)


def row(path: str, **cells: Cell) -> dict[str, Cell]:
    return dict.fromkeys(NAMES) | {"path": path, "model_version": "1.0"} | cells


ROWS = [
    row("plain.png", prediction="benign", confidence=0.1 + 0.2, p_malignant=1e-7, p_mel=1 / 3, p_nv=2 / 3, bytes=12),
    row("refused.png", error="=2+2", reason="undecodable", duplicate_of=ODD[4]),
    *(row(path) for path in ODD),
]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_every_value_and_every_path_is_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"results{suffix}"
    write_results(path, NAMES, ROWS)
    found = list(read_results(path))
    assert [entry["path"] for entry in found] == [entry["path"] for entry in ROWS]
    assert found[0] == ROWS[0]
    assert list(found[0]) == list(NAMES)
    assert [bool(entry["path_hex"]) for entry in found] == [
        False, False, False, *(path in ODD[1:3] and suffix == ".csv" for path in ODD[1:4]), True, True,
    ]  # fmt: skip


def test_no_cell_of_the_csv_is_computed_by_a_spreadsheet_and_all_is_utf8(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    write_results(path, NAMES, ROWS)
    with path.open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    assert cells[1]["error"] == "'=2+2"
    assert cells[3]["path"] == "'-1+1.png"
    assert cells[4]["path"] == "'x =cmd.png"
    assert cells[6]["path"] == "\\xff\\xfe\\xff.png"
    assert cells[1]["duplicate_of"] == cells[6]["path"]


def test_parquet_has_types_and_nulls(tmp_path: Path) -> None:
    path = tmp_path / "results.parquet"
    write_results(path, NAMES, ROWS)
    table = pyarrow.parquet.read_table(path)
    kinds = {field.name: str(field.type) for field in table.schema}
    assert (kinds["p_mel"], kinds["bytes"], kinds["path"]) == ("double", "int64", "string")
    assert table["prediction"].to_pylist()[1] is None


def test_the_contracts_columns_come_first() -> None:
    assert NAMES[:10] == (
        "path", "prediction", "confidence", "p_malignant", "assessment", "p_mel", "p_nv", "quality", "error",
        "model_version",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"path,size\nx,1\n", "lacks the column 'prediction'"),
        ("a.csv", b"\xff\xfe", "not UTF-8"),
        ("a.csv", (",".join(NAMES) + "\nx,y\n").encode(), "line 2 has 2 columns"),
        (
            "a.csv",
            (",".join(NAMES) + "\nx,,much" + "," * (len(NAMES) - 3) + "\n").encode(),
            "line 2 has a wrong number",
        ),
        ("a.parquet", b"path", "cannot be read as Parquet"),
        ("a.txt", b"", "must end in .csv or .parquet"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ResultsUnreadable, match=words):
        list(read_results(path))


def test_a_file_that_is_gone_is_told_in_a_sentence(tmp_path: Path) -> None:
    for name in ("gone.csv", "gone.parquet"):
        with pytest.raises(ResultsUnreadable, match="cannot be read"):
            list(read_results(tmp_path / name))
