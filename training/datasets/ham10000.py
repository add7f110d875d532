"""Reader for HAM10000 (Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, 2018) in its publisher's layout."""

from pathlib import Path

from training.datasets.records import Dataset, DatasetError, LesionRecord, Skip
from training.datasets.tables import known, known_number, pictures_in, read_table, require_pictures

NAME = "ham10000"
IMAGE_FOLDERS = ("HAM10000_images_part_1", "HAM10000_images_part_2")
MASK_FOLDER = "HAM10000_segmentations_lesion_tschandl"
METADATA = "HAM10000_metadata.csv"
COLUMNS = ("lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization")
CLASSES = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")


def read(data_root: Path) -> Dataset:
    """Reads `data_root`/ham10000; pictures that the metadata do not name are skipped and listed.

    Raises:
        DatasetError: the folder, the metadata or a column is missing, a picture named there is not on disk, an image
            id is listed twice, or a class is not one of the seven.
    """
    folder = data_root / NAME
    metadata = folder / METADATA
    rows = read_table(metadata, COLUMNS, "image_id", numbers=("age",))
    pictures = pictures_in(folder / part for part in IMAGE_FOLDERS)
    require_pictures((row["image_id"] for row in rows), pictures, metadata)
    if unknown := sorted({row["dx"] for row in rows} - set(CLASSES)):
        raise DatasetError(f"{metadata} has classes {unknown} that are not among {list(CLASSES)}.")
    named = {row["image_id"] for row in rows}
    return Dataset(
        NAME,
        tuple(_record(row, pictures[row["image_id"]]) for row in rows),
        tuple(Skip(name, f"not in {METADATA}") for name in sorted(set(pictures) - named)),
    )


def mask_path(record: LesionRecord) -> Path:
    """Where the expert's lesion mask of an image is (1-bit PNG in the frame of the original, 600×450)."""
    return record.image_path.parent.parent / MASK_FOLDER / f"{record.image_id}_segmentation.png"


def _record(row: dict[str, str], picture: Path) -> LesionRecord:
    return LesionRecord(
        image_path=picture,
        image_id=row["image_id"],
        lesion_id=row["lesion_id"],
        dx=row["dx"],
        source=NAME,
        dx_type=known(row["dx_type"]),
        age=known_number(row["age"]),
        sex=known(row["sex"]),
        site=known(row["localization"]),
    )
