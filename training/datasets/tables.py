"""What the readers share: tables with the columns they need, and pictures by id."""

import csv
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from training.datasets.records import DatasetError

UNKNOWN = ("", "unknown", "nan")
PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


def read_table(path: Path, columns: Sequence[str], key: str) -> list[dict[str, str]]:
    """Rows of a CSV file, ordered by `key`.

    Raises:
        DatasetError: there is no such file, a column is missing, or a key stands twice.
    """
    if not path.is_file():
        raise DatasetError(
            f"{path} does not exist. Name the folder that holds the data sets with --data-root or LESION_DATA_ROOT."
        )
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
            raise DatasetError(f"{path} lacks the columns {missing}; it needs {list(columns)}.")
        rows = sorted(reader, key=lambda row: row[key])
    if twice := sorted({first[key] for first, second in pairwise(rows) if first[key] == second[key]}):
        raise DatasetError(f"{path} lists {len(twice)} ids twice, among them {twice[:3]}.")
    return rows


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
