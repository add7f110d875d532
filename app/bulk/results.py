"""The results file: its columns, its reading and its writing, as CSV or as Parquet.

Both are UTF-8. A path that cannot stand in it as it is (it has bytes that are no UTF-8, or a spreadsheet would compute
it) is written in a readable form, and its bytes as hex digits in `path_hex`; `read_results` gives it back whole.
"""

import csv
import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from app.bulk.errors import BulkError, need
from app.screening.table import Cell, answer_columns
from app.spreadsheets import guarded

CSV, PARQUET = ".csv", ".parquet"
SUFFIXES = (CSV, PARQUET)
BULK_FILE = "requirements-bulk.txt"
ROW_GROUP = 10_000
"""Rows that Parquet stores, and a reader holds, at a time."""

MODEL = "model"
"""The one column that files from before it lack."""

PATHS = ("path", "duplicate_of", "heat_map")
"""Columns that hold paths."""

TEXTS = (*PATHS, "quality", "error")
"""Columns in which a text may be whatever somebody called a file."""


class ResultsUnreadable(BulkError):
    """A file is not one of results; the message says why."""


def columns(codes: Sequence[str]) -> tuple[str, ...]:
    """All columns, in their order, for a bundle whose classes have these codes.

    After those of the contract: `reason`, a stable word for an `error`; `sha256` and `bytes` of the file; the first
    path in the listing that has the same bytes; the file of the heat map; `path_hex`; and which model, as
    `app.bulk.setup.model_of` names it.
    """
    return (
        "path", *answer_columns(codes), "reason", "sha256", "bytes", "duplicate_of", "heat_map", "path_hex",
        MODEL,
    )  # fmt: skip


def is_probability(column: str) -> bool:
    """Whether a column holds numbers 0..1."""
    return column == "confidence" or column.startswith("p_")


def read_results(path: Path) -> Iterator[dict[str, Cell]]:
    """The rows of a finished results file, one after the other, in its order.

    Returns:
        {column: value}: float for probabilities, int for `bytes`, str for all others, None for what is empty. `path` is
        the file's own, where it is no UTF-8 with surrogate escapes (as `os.fsdecode` gives it). Files from before the
        column `model` have none.

    Raises:
        ResultsUnreadable: it is no results file, or it cannot be read.
        ExtraMissing: it is Parquet, and pyarrow is not installed.
    """
    rows = _parquet_rows(path) if suffix_of(path) == PARQUET else _csv_rows(path)
    for row in rows:
        if row.get("path_hex"):
            row["path"] = os.fsdecode(bytes.fromhex(str(row["path_hex"])))
        yield row


def write_results(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    """Writes a results file, holding at most ROW_GROUP rows at a time; the same rows give the same bytes.

    Args:
        path: with one of SUFFIXES before a further one, if any.
        names: of the columns.
        rows: {column: value}; what is missing is empty. Paths as `os.fsdecode` gives them.

    Raises:
        OSError: it cannot be written.
        ExtraMissing: it is Parquet, and pyarrow is not installed.
    """
    (_write_parquet if suffix_of(path) == PARQUET else _write_csv)(path, names, rows)


def suffix_of(path: Path) -> str:
    """The one of SUFFIXES that says how `path` is written. Raises ResultsUnreadable where it has none."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ResultsUnreadable(f"{path.name!r} must end in {' or '.join(SUFFIXES)}.")
    return suffix


def need_parquet() -> Any:
    """The reader and writer of Parquet. Raises ExtraMissing."""
    return need("pyarrow.parquet", "Parquet", BULK_FILE)


def _write_csv(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for row in rows:
            cells = _cells(row, guarded)
            # repr is the shortest text that reads back as the same float.
            writer.writerow([repr(cell) if isinstance(cell, float) else cell for cell in map(cells.get, names)])


def _write_parquet(path: Path, names: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> None:
    parquet = need_parquet()
    arrow = importlib.import_module("pyarrow")
    schema = arrow.schema([(name, _parquet_type(arrow, name)) for name in names])
    remaining = iter(rows)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := [_cells(row, str) for row in islice(remaining, ROW_GROUP)]:
            writer.write_batch(arrow.record_batch([[row.get(name) for row in group] for name in names], schema=schema))


def _parquet_type(arrow: Any, name: str) -> Any:
    if is_probability(name):
        return arrow.float64()
    return arrow.int64() if name == "bytes" else arrow.string()


def _cells(row: Mapping[str, Cell], safe: Callable[[str], str]) -> dict[str, Cell]:
    """A row as it is written; `safe` is what the format needs beyond UTF-8."""
    cells = dict(row)
    for name in TEXTS:
        if isinstance(text := cells.get(name), str):
            cells[name] = safe(_readable(text))
    if cells["path"] != row["path"]:
        cells["path_hex"] = os.fsencode(str(row["path"])).hex()
    return cells


def _readable(text: str) -> str:
    """`text` with each byte that is no UTF-8 escaped, as in Python: backslash, x, two hex digits.

    A carriage return too: Python 3.11's csv writes it as it is, and every reader then ends the line there.
    """
    return os.fsencode(text).decode("utf-8", "backslashreplace").replace("\r", "\\x0d")


def _csv_rows(path: Path) -> Iterator[dict[str, Cell]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from _parsed(path, file)
    except OSError as error:
        raise ResultsUnreadable(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ResultsUnreadable(f"{path} is not UTF-8, and so no results file.") from error
    except csv.Error as error:
        raise ResultsUnreadable(f"{path} is no results file: {error}.") from error


def _parsed(path: Path, file: TextIO) -> Iterator[dict[str, Cell]]:
    reader = csv.reader(file)
    names = next(reader, [])
    _check_columns(path, names)
    for cells in reader:
        if len(cells) != len(names):
            raise ResultsUnreadable(f"{path}: line {reader.line_num} has {len(cells)} columns instead of {len(names)}.")
        try:
            yield {name: _value(name, cell) for name, cell in zip(names, cells, strict=True)}
        except ValueError as error:
            raise ResultsUnreadable(f"{path}: line {reader.line_num} has a wrong number: {error}.") from error


def _parquet_rows(path: Path) -> Iterator[dict[str, Cell]]:
    parquet = need_parquet()
    arrow = importlib.import_module("pyarrow")
    try:
        with parquet.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=ROW_GROUP // 10):
                yield from batch.to_pylist()
    except (OSError, arrow.ArrowException) as error:
        raise ResultsUnreadable(f"{path} cannot be read as Parquet: {error}.") from error


def _check_columns(path: Path, names: Sequence[str]) -> None:
    if missing := [name for name in columns(()) if name not in (*names, MODEL)]:
        raise ResultsUnreadable(f"{path} is no results file: it lacks the column {missing[0]!r}.")


def _value(name: str, cell: str) -> Cell:
    if not cell:
        return None
    if is_probability(name):
        return float(cell)
    return int(cell) if name == "bytes" else cell
