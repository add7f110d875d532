"""Reader for HAM10000 (Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018) in its publisher's layout."""

import csv
from itertools import pairwise
from pathlib import Path

from training.datasets.records import DatasetError, LesionRecord

NAME = "ham10000"
IMAGE_FOLDERS = ("HAM10000_images_part_1", "HAM10000_images_part_2")
METADATA = "HAM10000_metadata.csv"
COLUMNS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
CLASSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
UNKNOWN = ("", "unknown")


def read(data_root: Path) -> list[LesionRecord]:
    """Reads `data_root`/ham10000.

    Returns:
        A record an image, ordered by image id.

    Raises:
        DatasetError: the folder, the metadata or a column is missing, a picture named there is not on disk, an image
            id is listed twice, or a class is not one of the seven.
    """
    folder = data_root / NAME
    metadata = folder / METADATA
    if not metadata.is_file():
        raise DatasetError(
            f"HAM10000 not found: {metadata} does not exist. Name the folder that holds '{NAME}/' with --data-root or "
            "LESION_DATA_ROOT."
        )
    pictures = _pictures(folder)
    with metadata.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing_columns = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing_columns:
            raise DatasetError(f"{metadata} lacks the columns {missing_columns}; it needs {list(COLUMNS)}.")
        rows = sorted(reader, key=lambda row: row["image_id"])
    _check(rows, pictures, metadata)
    return [_record(row, pictures[row["image_id"]]) for row in rows]


def _pictures(folder: Path) -> dict[str, Path]:
    found = {path.stem: path for part in IMAGE_FOLDERS for path in (folder / part).glob("*.jpg")}
    if not found:
        raise DatasetError(f"No picture (*.jpg) in {' or '.join(IMAGE_FOLDERS)} under {folder}.")
    return found


def _check(rows: list[dict[str, str]], pictures: dict[str, Path], metadata: Path) -> None:
    ids = [row["image_id"] for row in rows]
    if twice := sorted({first for first, second in pairwise(ids) if first == second}):
        raise DatasetError(f"{metadata} lists {len(twice)} image ids twice, among them {twice[:3]}.")
    if absent := [image_id for image_id in ids if image_id not in pictures]:
        raise DatasetError(f"{len(absent)} images of {metadata} have no picture, among them {absent[:3]}.")
    if unknown := sorted({row["dx"] for row in rows} - set(CLASSES)):
        raise DatasetError(f"{metadata} has classes {unknown} that are not among {list(CLASSES)}.")


def _record(row: dict[str, str], picture: Path) -> LesionRecord:
    return LesionRecord(
        image_path=picture,
        image_id=row["image_id"],
        lesion_id=row["lesion_id"] or None,
        dx=row["dx"],
        dx_type=row["dx_type"] or None,
        age=float(row["age"]) if row["age"] not in UNKNOWN else None,
        sex=row["sex"] if row["sex"] not in UNKNOWN else None,
        site=row["localization"] if row["localization"] not in UNKNOWN else None,
        source=NAME,
    )
