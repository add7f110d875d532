"""Reader for a user's own pictures: `FOLDER/<class>/*.jpg`."""

from pathlib import Path

from training.datasets.records import Dataset, DatasetError, LesionRecord, Skip
from training.datasets.tables import PICTURE_ENDINGS


def read(folder: Path) -> Dataset:
    """Reads a folder of class folders. An image id is its path below `folder`; no lesion is known.

    Pictures right in `folder`, and files that are no pictures, are skipped and listed.

    Raises:
        DatasetError: there is no such folder, or no picture in any class folder.
    """
    if not folder.is_dir():
        raise DatasetError(f"{folder} is no folder; it needs one folder a class, with the pictures of the class in it.")
    records, skipped = [], []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if path.suffix.lower() not in PICTURE_ENDINGS:
            skipped.append(Skip(name.as_posix(), "no picture"))
        elif len(name.parts) == 1:
            skipped.append(Skip(name.as_posix(), "in no class folder"))
        else:
            records.append(LesionRecord(path, name.as_posix(), None, name.parts[0], folder.name))
    if not records:
        raise DatasetError(f"no picture in any class folder of {folder}; it needs {folder}/<class>/<picture>.jpg")
    return Dataset(folder.name, tuple(records), tuple(skipped))
