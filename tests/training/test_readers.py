"""Readers of the other publishers' layouts, on small sets drawn in them and on the real ones."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest

from app.screening.synthetic import draw_lesion
from training.datasets import folders, ham10000, isic2017, isic2019, kaggle
from training.datasets.parts import read
from training.datasets.records import DatasetError
from training.datasets.schemes import CLINICAL, ISLAM2024, MELANOMA, SEVEN
from training.datasets.splits import PROTOCOLS, make_split
from training.datasets.summary import draw, summarise, to_markdown

CLASSES_2019 = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")


def draw_picture(path: Path, seed: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(draw_lesion(seed, 80, 80), cv2.COLOR_RGB2BGR))


def write_rows(path: Path, rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def isic2019_root(tmp_path: Path) -> Path:
    """Nine images in ISIC 2019's layout, one of each class; the first two show one lesion."""
    folder = tmp_path / isic2019.NAME
    truth, patients = [("image", *CLASSES_2019)], [("image", "age_approx", "anatom_site_general", "lesion_id", "sex")]
    for row, name in enumerate(CLASSES_2019):
        image_id = f"ISIC_{row:07}"
        draw_picture(folder / isic2019.IMAGES[0] / f"{image_id}.jpg", row)
        truth.append((image_id, *("1.0" if name == other else "0.0" for other in CLASSES_2019)))
        patients.append((image_id, "45.0" if row else "", "anterior torso", "BCN_1" if row < 2 else "", "female"))
    write_rows(folder / isic2019.TRUTH, truth)
    write_rows(folder / isic2019.METADATA, patients)
    return tmp_path


def test_isic2019_gives_eight_classes_and_lists_what_is_unknown(isic2019_root: Path) -> None:
    dataset = isic2019.read(isic2019_root)
    assert [record.dx for record in dataset.records] == ["mel", "nv", "bcc", "akiec", "bkl", "df", "vasc", "scc"]
    assert [(skip.name, skip.reason) for skip in dataset.skipped] == [
        ("ISIC_0000008", "class UNK: what it is, is not known")
    ]
    first, second, third = dataset.records[:3]
    assert first.group == second.group == "BCN_1"
    assert (third.lesion_id, third.group) == (None, "ISIC_0000002")
    assert (first.age, second.age, first.site, first.sex) == (None, 45.0, "anterior torso", "female")
    assert CLINICAL.is_malignant("scc")
    with pytest.raises(DatasetError, match="'scc' is none of the classes"):
        CLINICAL.target("scc")


def test_isic2019_refuses_a_row_of_two_classes_and_a_missing_picture(isic2019_root: Path) -> None:
    folder = isic2019_root / isic2019.NAME
    truth = (folder / isic2019.TRUTH).read_text()
    (folder / isic2019.TRUTH).write_text(truth.replace("ISIC_0000000,1.0,0.0", "ISIC_0000000,1.0,1.0"))
    with pytest.raises(DatasetError, match=r"ISIC_0000000 is of the classes \['MEL', 'NV'\]"):
        isic2019.read(isic2019_root)
    (folder / isic2019.TRUTH).write_text(truth)
    (folder / isic2019.IMAGES[0] / "ISIC_0000003.jpg").unlink()
    with pytest.raises(DatasetError, match=r"1 images .* have no picture, among them \['ISIC_0000003'\]"):
        isic2019.read(isic2019_root)


@pytest.fixture
def kaggle_root(tmp_path: Path) -> Path:
    for part in kaggle.PARTS:
        for dx in kaggle.CLASSES:
            for number in range(2):
                draw_picture(tmp_path / kaggle.NAME / part / dx / f"{number}.jpg", number)
    return tmp_path


def test_kaggle_takes_label_and_part_from_its_folders(kaggle_root: Path) -> None:
    records = kaggle.read(kaggle_root).records
    assert len(records) == 8
    assert (records[0].image_id, records[0].dx, records[0].part) == ("test/benign/0", "benign", "test")
    assert len({record.group for record in records}) == 8
    assert ISLAM2024.target("malignant") == 1
    with pytest.raises(DatasetError, match="'malignant' is unknown to the label scheme 'melanoma'"):
        MELANOMA.target("malignant")
    with pytest.raises(DatasetError, match="'malignant' is none of the classes"):
        CLINICAL.target("malignant")


def test_kaggle_without_a_folder_is_refused(kaggle_root: Path) -> None:
    for path in (kaggle_root / kaggle.NAME / "test" / "benign").iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match=r"No picture in .*test/benign"):
        kaggle.read(kaggle_root)
    with pytest.raises(DatasetError, match="does not exist"):
        kaggle.read(kaggle_root / "elsewhere")


@pytest.fixture
def isic2017_root(tmp_path: Path) -> Path:
    folder = tmp_path / isic2017.NAME
    for part, name in enumerate(isic2017.PARTS.values()):
        rows = [("image_id", "melanoma"), (f"ISIC_{part}1", "1.0"), (f"ISIC_{part}2", "0.0")]
        write_rows(folder / f"ISIC-2017_{name}_Part3_GroundTruth.csv", rows)
        for image_id, _ in rows[1:]:
            draw_picture(folder / f"ISIC-2017_{name}_Data" / f"{image_id}.jpg")
    write_rows(
        folder / "ISIC-2017_Training_Data_metadata.csv",
        [("image_id", "age_approximate", "sex"), ("ISIC_01", "55", "male"), ("ISIC_02", "unknown", "unknown")],
    )
    head = ("image_id", "age_approximate", "sex")
    write_rows(folder / "ISIC-2017_Validation_Data_metadata.csv", [head, ("ISIC_11", "unknown", "female")])
    draw_picture(folder / "ISIC-2017_Training_Data" / "ISIC_01_superpixels.png")
    return tmp_path


def test_isic2017_reads_its_three_parts_and_lists_superpixels(isic2017_root: Path) -> None:
    dataset = isic2017.read(isic2017_root)
    assert [(record.image_id, record.dx, record.part) for record in dataset.records] == [
        ("ISIC_01", "mel", "train"), ("ISIC_02", "not_mel", "train"), ("ISIC_11", "mel", "validation"),
        ("ISIC_12", "not_mel", "validation"), ("ISIC_21", "mel", "test"), ("ISIC_22", "not_mel", "test"),
    ]  # fmt: skip
    assert (dataset.records[0].age, dataset.records[0].sex, dataset.records[1].age) == (55.0, "male", None)
    assert [skip.name for skip in dataset.skipped] == ["ISIC_01_superpixels"]


@pytest.mark.parametrize(
    ("file", "was", "becomes", "message"),
    [
        ("ISIC-2017_Training_Part3_GroundTruth.csv", "melanoma", "mel", r"lacks the columns \['melanoma'\]"),
        ("ISIC-2017_Training_Part3_GroundTruth.csv", "1.0", "yes", "melanoma of ISIC_01 is 'yes', which is no number"),
        ("ISIC-2017_Training_Data_metadata.csv", "55", "55+", "age_approximate of ISIC_01 is '55\\+'"),
        ("ISIC-2017_Training_Data_metadata.csv", "ISIC_02", "ISIC_01", r"lists 1 ids twice, among them \['ISIC_01'\]"),
        ("ISIC-2017_Test_v2_Part3_GroundTruth.csv", "ISIC_22", "ISIC_99", r"no picture, among them \['ISIC_99'\]"),
    ],
)
def test_isic2017_names_what_is_wrong_in_its_tables(
    isic2017_root: Path, file: str, was: str, becomes: str, message: str
) -> None:
    path = isic2017_root / isic2017.NAME / file
    path.write_text(path.read_text().replace(was, becomes))
    with pytest.raises(DatasetError, match=message):
        isic2017.read(isic2017_root)


def test_isic2017_needs_the_metadata_that_were_published(isic2017_root: Path) -> None:
    path = isic2017_root / isic2017.NAME / "ISIC-2017_Validation_Data_metadata.csv"
    path.write_bytes("image_id,age_approximate,sex\nISIC_11,55,weiblich-ä\n".encode("latin-1"))
    with pytest.raises(DatasetError, match="no UTF-8 text"):
        isic2017.read(isic2017_root)
    path.unlink()
    with pytest.raises(DatasetError, match=r"Validation_Data_metadata.csv does not exist"):
        isic2017.read(isic2017_root)


def test_isic2019_names_a_missing_column_and_a_cell_that_is_no_number(isic2019_root: Path) -> None:
    folder = isic2019_root / isic2019.NAME
    metadata = (folder / isic2019.METADATA).read_text()
    (folder / isic2019.METADATA).write_text(metadata.replace("lesion_id", "lesion"))
    with pytest.raises(DatasetError, match=r"lacks the columns \['lesion_id'\]"):
        isic2019.read(isic2019_root)
    (folder / isic2019.METADATA).write_text(metadata.replace("45.0", "old", 1))
    with pytest.raises(DatasetError, match="age_approx of ISIC_0000001 is 'old', which is no number"):
        isic2019.read(isic2019_root)


def test_isic2019_lists_a_picture_that_its_table_does_not_name(isic2019_root: Path) -> None:
    draw_picture(isic2019_root / isic2019.NAME / isic2019.IMAGES[0] / "ISIC_stray.jpg")
    assert ("ISIC_stray", f"not in {isic2019.TRUTH}") in {
        (skip.name, skip.reason) for skip in isic2019.read(isic2019_root).skipped
    }


def test_a_user_s_own_folders_are_classes(tmp_path: Path) -> None:
    own = tmp_path / "own"
    draw_picture(own / "mel" / "patient 1" / "a.jpg")
    draw_picture(own / "nv" / "b.PNG")
    draw_picture(own / "stray.jpg")
    (own / "nv" / "notes.txt").write_text("not a picture")
    dataset = read("own", tmp_path)
    assert [(record.image_id, record.dx) for record in dataset.records] == [
        ("mel/patient 1/a.jpg", "mel"),
        ("nv/b.PNG", "nv"),
    ]
    assert {(skip.name, skip.reason) for skip in dataset.skipped} == {
        ("stray.jpg", "in no class folder"),
        ("nv/notes.txt", "no picture"),
    }


def test_folders_without_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is no folder"):
        folders.read(tmp_path / "nothing")
    with pytest.raises(DatasetError, match="no picture in any class folder"):
        folders.read(tmp_path)


def test_pictures_that_the_metadata_do_not_name_are_listed(drawn_root: Path, tmp_path: Path) -> None:
    import shutil

    root = Path(shutil.copytree(drawn_root, tmp_path / "data"))
    draw_picture(root / "ham10000" / ham10000.IMAGE_FOLDERS[0] / "EXTRA.jpg")
    assert [(skip.name, skip.reason) for skip in ham10000.read(root).skipped] == [
        ("EXTRA", "not in HAM10000_metadata.csv")
    ]


def test_the_published_counts_come_out_exactly(data_root: Path) -> None:
    ham, pairs = ham10000.read(data_root), kaggle.read(data_root)
    assert Counter(ISLAM2024.target(record.dx) for record in ham.records) == {0: 6820, 1: 3195}
    assert Counter(ISLAM2024.target(record.dx) for record in pairs.records) == {0: 1800, 1: 1497}
    assert Counter(CLINICAL.is_malignant(record.dx) for record in ham.records) == {False: 8061, True: 1954}
    assert Counter(MELANOMA.target(record.dx) for record in ham.records) == {0: 8902, 1: 1113}
    assert [Counter(SEVEN.target(record.dx) for record in ham.records)[row] for row in range(7)] == [
        327, 514, 1099, 115, 1113, 6705, 142,
    ]  # fmt: skip
    isic = isic2017.read(data_root).records
    assert Counter(record.part for record in isic) == {"train": 2000, "validation": 150, "test": 600}
    assert Counter(record.dx for record in isic if record.part == "test") == {"mel": 117, "not_mel": 483}


@pytest.mark.parametrize(
    ("name", "sizes"), [("ham10000-islam2024", (7010, 1002, 2003)), ("ham10000-report2025", (6409, 1603, 2003))]
)
def test_the_papers_splits_by_image_are_re_derived(data_root: Path, name: str, sizes: tuple[int, int, int]) -> None:
    from training.datasets.manifests import SplitManifest
    from training.datasets.parts import read

    split, records = SplitManifest.load(name), read("ham10000", data_root).records
    again = make_split(records, PROTOCOLS[name.removeprefix("ham10000-")], name=name, seed=split.seed)
    assert again == split
    assert split.sizes == sizes


def test_the_summary_counts_and_is_drawn(isic2017_root: Path, tmp_path: Path) -> None:
    dataset = isic2017.read(isic2017_root)
    summary = summarise(dataset)
    assert summary["images and lesions"] == {"images": 6, "lesions": 6}
    assert summary["class"] == {"mel": 3, "not_mel": 3}
    assert summary["scheme melanoma"] == {"benign": 3, "malignant": 3}
    assert summary["scheme islam2024"] == {"malignant": 3, "unknown to the scheme": 3}
    assert summary["age"] == {"40-59": 1, "unknown": 5}
    assert summary["skipped"] == {"not in ISIC-2017_Training_Part3_GroundTruth.csv": 1}
    assert "| mel | 3 |" in to_markdown("isic2017", summary)
    picture = cv2.imread(str(draw("isic2017", summary, tmp_path / "figures")))
    assert picture.std() > 10
