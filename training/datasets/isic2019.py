"""Reader for ISIC 2019's training part: one-hot ground truth of eight classes and UNK, metadata with lesion ids.

Contains HAM10000 and BCN20000: audit it against HAM10000 before the two are used together.
"""

from pathlib import Path

from training.datasets.records import Dataset, DatasetError, LesionRecord, Skip
from training.datasets.tables import known, known_number, pictures_in, read_table, require_pictures

NAME = "isic2019"
TRUTH = "ISIC_2019_Training_GroundTruth.csv"
METADATA = "ISIC_2019_Training_Metadata.csv"
IMAGES = ("ISIC_2019_Training_Input", "ISIC_2019_Training_Input/ISIC_2019_Training_Input")
CODES = {
    "MEL": "mel", "NV": "nv", "BCC": "bcc", "AK": "akiec", "BKL": "bkl", "DF": "df", "VASC": "vasc", "SCC": "scc",
}  # fmt: skip
"""ISIC 2019's AK is HAM10000's akiec without Bowen's disease, which went to SCC."""


def read(data_root: Path) -> Dataset:
    """Reads `data_root`/isic2019; images of class UNK and pictures that the table does not name are skipped and listed.

    Raises:
        DatasetError: a table, a column or a picture is missing, or a row names no class or several.
    """
    folder = data_root / NAME
    truth = folder / TRUTH
    rows = read_table(truth, ("image", *CODES, "UNK"), "image", numbers=(*CODES, "UNK"))
    columns = ("image", "age_approx", "anatom_site_general", "lesion_id", "sex")
    patients = {row["image"]: row for row in read_table(folder / METADATA, columns, "image", numbers=("age_approx",))}
    pictures = pictures_in(folder / name for name in IMAGES)
    require_pictures((row["image"] for row in rows), pictures, truth)
    named = {row["image"] for row in rows}
    records = []
    skipped = [Skip(name, f"not in {TRUTH}") for name in sorted(set(pictures) - named)]
    for row in rows:
        image_id = row["image"]
        classes = [name for name in (*CODES, "UNK") if float(row[name]) > 0]
        if len(classes) != 1:
            raise DatasetError(f"{truth}: {image_id} is of the classes {classes}; one is needed.")
        if classes == ["UNK"]:
            skipped.append(Skip(image_id, "class UNK: what it is, is not known"))
            continue
        patient = patients.get(image_id, {})
        records.append(
            LesionRecord(
                pictures[image_id],
                image_id,
                known(patient.get("lesion_id")),
                CODES[classes[0]],
                NAME,
                age=known_number(patient.get("age_approx")),
                sex=known(patient.get("sex")),
                site=known(patient.get("anatom_site_general")),
            )
        )
    return Dataset(NAME, tuple(records), tuple(skipped))
