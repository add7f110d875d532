"""What the readers share: tables with the columns they need, and pictures by id."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from training.datasets.records import DatasetError

UNKNOWN = ("", "unknown", "nan")
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


def read_table(path: Path, columns: Sequence[str], key: str, numbers: Sequence[str] = ()) -> list[dict[str, str]]:
    """Rows of a CSV file, ordered by `key`.

    Args:
        path: the file, UTF-8.
        columns: those that it must have.
        key: the column that names a row.
        numbers: columns whose cells are numbers, or unknown.

    Raises:
        DatasetError: there is no such file, it is no UTF-8, a column is missing, a key stands twice, or a cell that
            should be a number is none.
    """
    if not path.is_file():
        raise DatasetError(
            f"{path} does not exist. Name the folder that holds the data sets with --data-root or LESION_DATA_ROOT."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path} is no UTF-8 text ({error}); save it as UTF-8.") from error
    with io.StringIO(text, newline="") as file:
        reader = csv.DictReader(file)
        if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
            raise DatasetError(f"{path} lacks the columns {missing}; it needs {list(columns)}.")
        rows = sorted(reader, key=lambda row: row[key])
    if twice := sorted({first[key] for first, second in pairwise(rows) if first[key] == second[key]}):
        raise DatasetError(f"{path} lists {len(twice)} ids twice, among them {twice[:3]}.")
    for row in rows:
        for column in numbers:
            if not _is_number(row[column]):
                raise DatasetError(f"{path}: {column} of {row[key]} is {row[column]!r}, which is no number.")
    return rows


def _is_number(text: str | None) -> bool:
    try:
        known_number(text)
    except ValueError:
        return False
    return True


def pictures_in(folders: Iterable[Path]) -> dict[str, Path]:
    """{file name without ending: path} of all pictures right in these folders.

    Raises:
        DatasetError: there is none, or two have the same name.
    """
    folders = list(folders)
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.iterdir() if folder.is_dir() else ()):
            if path.suffix.lower() not in PICTURE_ENDINGS:
                continue
            if path.stem in found:
                raise DatasetError(f"two pictures have the id {path.stem!r}: {found[path.stem]} and {path}")
            found[path.stem] = path
    if not found:
        raise DatasetError(f"No picture in {' or '.join(str(folder) for folder in folders)}.")
    return found


def require_pictures(ids: Iterable[str], pictures: dict[str, Path], table: Path) -> None:
    """Raises DatasetError where an id has no picture."""
    if absent := [image_id for image_id in ids if image_id not in pictures]:
        raise DatasetError(f"{len(absent)} images of {table} have no picture, among them {absent[:3]}.")


def known(text: str | None) -> str | None:
    """The text, or None where it says that nothing is known."""
    return None if text is None or text.strip().lower() in UNKNOWN else text.strip()


def known_number(text: str | None) -> float | None:
    """The number, or None where it is unknown."""
    value = known(text)
    return None if value is None else float(value)
