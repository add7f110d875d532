"""Reader for the ISIC 2017 challenge, part 3 (Codella et al. 2018): melanoma, seborrheic keratosis or neither."""

from pathlib import Path

from training.datasets.records import Dataset, LesionRecord, Skip
from training.datasets.tables import known, known_number, pictures_in, read_table, require_pictures

NAME = "isic2017"
PARTS = {"train": "Training", "validation": "Validation", "test": "Test_v2"}


def read(data_root: Path) -> Dataset:
    """Reads `data_root`/isic2017; superpixel images and pictures without ground truth are skipped and listed.

    Raises:
        DatasetError: a table, a column or a picture is missing.
    """
    records: list[LesionRecord] = []
    skipped: list[Skip] = []
    for part, name in PARTS.items():
        folder = data_root / NAME
        truth = folder / f"ISIC-2017_{name}_Part3_GroundTruth.csv"
        rows = read_table(truth, ("image_id", "melanoma"), "image_id", numbers=("melanoma",))
        pictures = pictures_in([folder / f"ISIC-2017_{name}_Data"])
        require_pictures((row["image_id"] for row in rows), pictures, truth)
        patients = _patients(folder / f"ISIC-2017_{name}_Data_metadata.csv", required=part != "test")
        for row in rows:
            image_id = row["image_id"]
            patient = patients.get(image_id, {})
            records.append(
                LesionRecord(
                    pictures[image_id],
                    image_id,
                    None,
                    "mel" if float(row["melanoma"]) else "not_mel",
                    NAME,
                    part=part,
                    age=known_number(patient.get("age_approximate")),
                    sex=known(patient.get("sex")),
                )
            )
        named = {row["image_id"] for row in rows}
        skipped += [Skip(name, f"not in {truth.name}") for name in sorted(set(pictures) - named)]
    return Dataset(NAME, tuple(sorted(records, key=lambda record: record.image_id)), tuple(skipped))


def _patients(path: Path, *, required: bool) -> dict[str, dict[str, str]]:
    # The test part was published without a metadata table.
    if not required and not path.is_file():
        return {}
    rows = read_table(path, ("image_id", "age_approximate", "sex"), "image_id", numbers=("age_approximate",))
    return {row["image_id"]: row for row in rows}
