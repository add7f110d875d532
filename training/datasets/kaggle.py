"""Reader for Kaggle's "Skin Cancer: Malignant vs. Benign": `train|test/benign|malignant/*.jpg`.

Not independent of HAM10000: most of its images are HAM10000 images under other names. Never an external test set.
"""

from pathlib import Path

from training.datasets.records import Dataset, DatasetError, LesionRecord
from training.datasets.tables import pictures_in

NAME = "kaggle_malignant_vs_benign"
PARTS = ("test", "train")
CLASSES = ("benign", "malignant")


def read(data_root: Path) -> Dataset:
    """Reads `data_root`/kaggle_malignant_vs_benign. An image id is its path, such as "train/benign/1".

    Raises:
        DatasetError: a folder is missing or empty.
    """
    folder = data_root / NAME
    if not folder.is_dir():
        raise DatasetError(f"{folder} does not exist. Name the folder that holds it with --data-root.")
    records = [
        LesionRecord(path, f"{part}/{dx}/{name}", None, dx, NAME, part=part)
        for part in PARTS
        for dx in CLASSES
        for name, path in pictures_in([folder / part / dx]).items()
    ]
    return Dataset(NAME, tuple(sorted(records, key=lambda record: record.image_id)))
