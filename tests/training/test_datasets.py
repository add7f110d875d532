"""Reader, label scheme, split and cache."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.config import REPOSITORY
from app.screening.decode import DecodeLimits, decode
from app.screening.preprocess import PreprocessSpec, preprocess
from tests.training.conftest import write_metadata
from training.audit.descriptors import orientations, read_pictures
from training.audit.findings import read_groups
from training.audit.matching import SAME_LESION, correlate
from training.datasets import ham10000
from training.datasets.cache import preprocessed
from training.datasets.manifests import SplitManifest
from training.datasets.parts import read_split
from training.datasets.records import DatasetError, LesionRecord
from training.datasets.schemes import CLINICAL
from training.datasets.splits import PROTOCOLS, data_digest, joined_lesions, make_split, select
from training.report.documents import AUDIT


def lesion_split(records: Sequence[LesionRecord], *, name: str, seed: int) -> SplitManifest:
    return make_split(records, PROTOCOLS["lesion"], name=name, seed=seed)


@pytest.fixture
def copy(drawn_root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn_root, tmp_path / "data"))


def rows_of(root: Path) -> list[list[str]]:
    with (root / "ham10000" / ham10000.METADATA).open(newline="") as file:
        return list(csv.reader(file))[1:]


def test_the_reader_gives_a_record_an_image(drawn_root: Path) -> None:
    records = ham10000.read(drawn_root).records
    assert len(records) == 7 * (14 + 5)
    assert [record.image_id for record in records] == sorted(record.image_id for record in records)
    first = records[0]
    assert (first.dx, first.dx_type, first.age, first.sex, first.site) == ("akiec", "histo", 55.0, "female", "back")
    assert first.lesion_id == "LESION_akiec_0" == records[1].lesion_id
    assert all(record.image_path.is_file() for record in records)


def test_what_is_unknown_is_none(copy: Path) -> None:
    rows = rows_of(copy)
    rows[0][4:] = ["", "unknown", "unknown"]
    write_metadata(copy / "ham10000" / ham10000.METADATA, rows)
    record = ham10000.read(copy).records[0]
    assert (record.age, record.sex, record.site) == (None, None, None)


def test_a_missing_data_set_says_how_to_name_it(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="with --data-root or LESION_DATA_ROOT"):
        ham10000.read(tmp_path)


def test_a_missing_column_is_named(copy: Path) -> None:
    rows = [row[:6] for row in rows_of(copy)]
    write_metadata(copy / "ham10000" / ham10000.METADATA, rows, ham10000.COLUMNS[:6])
    with pytest.raises(DatasetError, match=r"lacks the columns \['localization'\]"):
        ham10000.read(copy)


def test_an_id_without_a_picture_is_named(copy: Path) -> None:
    next((copy / "ham10000").glob("*/DRAWN_0004.jpg")).unlink()
    with pytest.raises(DatasetError, match=r"1 images .* have no picture, among them \['DRAWN_0004'\]"):
        ham10000.read(copy)


def test_an_unknown_class_and_an_id_listed_twice_are_named(copy: Path) -> None:
    path = copy / "ham10000" / ham10000.METADATA
    rows = rows_of(copy)
    write_metadata(path, [*rows, rows[0]])
    with pytest.raises(DatasetError, match=r"1 ids twice, among them \['DRAWN_0000'\]"):
        ham10000.read(copy)
    rows[0][2] = "scar"
    write_metadata(path, rows)
    with pytest.raises(DatasetError, match=r"classes \['scar'\]"):
        ham10000.read(copy)


def test_ham10000_is_as_published(data_root: Path) -> None:
    records = ham10000.read(data_root).records
    assert Counter(record.dx for record in records) == {
        "nv": 6705, "mel": 1113, "bkl": 1099, "bcc": 514, "akiec": 327, "vasc": 142, "df": 115,
    }  # fmt: skip
    assert len({record.lesion_id for record in records}) == 7470


def test_the_clinical_scheme_counts_mel_bcc_and_akiec_as_malignant() -> None:
    assert {dx for dx in CLINICAL.classes if CLINICAL.is_malignant(dx)} == {"mel", "bcc", "akiec"}


def test_a_split_keeps_every_lesion_whole_and_every_class_in_proportion(drawn_root: Path) -> None:
    records = ham10000.read(drawn_root).records
    split = lesion_split(records, name="drawn", seed=3)
    parts = [split.train, split.validation, split.test_ids]
    assert sorted(sum(parts, ())) == [record.image_id for record in records]
    lesions = [{record.lesion_id for record in select(records, part)} for part in parts]
    assert not lesions[0] & lesions[1]
    assert not (lesions[0] | lesions[1]) & lesions[2]
    assert [len(part) for part in lesions] == pytest.approx([98 * 0.7, 98 * 0.1, 98 * 0.2], abs=1)
    for part, share in zip(lesions, (0.7, 0.1, 0.2), strict=True):
        counts = Counter(str(lesion).split("_")[1] for lesion in part)
        assert all(counts[dx] == pytest.approx(14 * share, abs=1) for dx in ham10000.CLASSES)


def test_a_split_depends_on_its_seed_and_on_nothing_else(drawn_root: Path) -> None:
    records = ham10000.read(drawn_root).records
    split = lesion_split(records, name="drawn", seed=3)
    assert lesion_split(records[::-1], name="drawn", seed=3) == split
    assert lesion_split(records, name="drawn", seed=4).train != split.train


def test_a_lesion_of_two_classes_is_refused(drawn_root: Path) -> None:
    records = ham10000.read(drawn_root).records
    with pytest.raises(DatasetError, match="is both mel and akiec"):
        lesion_split([replace(records[0], dx="mel"), *records[1:]], name="drawn", seed=3)


def test_a_manifest_survives_its_file_and_its_test_part_is_logged(drawn_root: Path, tmp_path: Path) -> None:
    split = lesion_split(ham10000.read(drawn_root).records, name="drawn", seed=3)
    split.save(tmp_path)
    loaded = SplitManifest.load("drawn", tmp_path)
    assert loaded == split
    assert loaded.sha256() == split.sha256()
    assert loaded.open_test(tmp_path / "log.jsonl", "a test") == split.test_ids
    entry = json.loads((tmp_path / "log.jsonl").read_text())
    assert (entry["split"], entry["purpose"]) == ("drawn", "a test")
    with pytest.raises(DatasetError, match=r"no split named 'other' .* there are \['drawn'\]"):
        SplitManifest.load("other", tmp_path)


def test_the_shipped_split_is_re_derived_from_the_data(data_root: Path) -> None:
    split = SplitManifest.load("ham10000-audited")
    records = ham10000.read(data_root).records
    assert len(split.joined) >= 15
    again = make_split(records, PROTOCOLS["lesion"], name=split.name, seed=split.seed, joined=split.joined)
    assert again == split
    assert again.sha256() == split.sha256()


def found_joined() -> list[list[str]]:
    found: list[list[str]] = json.loads((REPOSITORY / AUDIT).read_text())["joined_lesions"]["ham10000"]
    assert len(found) >= 15
    return found


def test_the_shipped_split_joins_what_the_documented_audit_found() -> None:
    joined = [set(lesions) for lesions in SplitManifest.load("ham10000-audited").joined]
    assert all(any(set(lesions) <= group for group in joined) for lesions in found_joined())


def test_the_records_of_a_split_carry_joined_lesions_as_one_and_ask_for_the_test_part(
    data_root: Path, tmp_path: Path
) -> None:
    split = SplitManifest.load("ham10000-audited")
    records = read_split("ham10000-audited", data_root)
    test = records.open_test(tmp_path / "log.jsonl", "a test")
    assert "a test" in (tmp_path / "log.jsonl").read_text()
    assert (len(records.train), len(records.validation), len(test)) == split.sizes
    lesions = [{record.lesion_id for record in part} for part in (records.train, records.validation, test)]
    assert sum(map(len, lesions)) == len(set.union(*lesions)) == 7470 - sum(map(len, split.joined)) + len(split.joined)
    few = read_split("ham10000-audited", data_root, images=50)
    assert (len(few.train), len(few.validation)) == (50, 50)
    assert {record.image_id for record in few.train} <= set(split.train)


def test_the_lesions_that_the_documented_audit_joins_show_the_same(data_root: Path) -> None:
    """The audit's own comparison, on the lesions that its document names."""
    records = ham10000.read(data_root).records
    for lesions in found_joined():
        images = [record for record in records if record.group in lesions]
        details = read_pictures([record.image_path for record in images]).details
        linked = {
            lesion
            for row in range(len(images))
            for earlier in range(row)
            if images[row].group != images[earlier].group
            and max(correlate(details[earlier], turned) for turned in orientations(details[row])) >= SAME_LESION
            for lesion in (images[row].group, images[earlier].group)
        }
        assert linked == set(lesions)


def test_lesions_that_the_audit_joins_stay_in_one_part(drawn_root: Path, tmp_path: Path) -> None:
    records = ham10000.read(drawn_root).records
    apart = lesion_split(records, name="drawn", seed=3)
    train, test = (select(records, part)[0].lesion_id for part in (apart.train, apart.test_ids))
    groups = {record.image_id: "one" if record.lesion_id in (train, test) else record.group for record in records}
    joined = joined_lesions(records, groups)
    assert joined == (tuple(sorted((str(train), str(test)))),)
    split = make_split(records, PROTOCOLS["lesion"], name="drawn", seed=3, joined=joined)
    parts = [{record.lesion_id for record in select(records, part)} for part in (split.train, split.test_ids)]
    assert sum({train, test} <= part for part in parts) + (train not in parts[0] | parts[1]) == 1
    split.save(tmp_path)
    assert SplitManifest.load("drawn", tmp_path) == split
    with pytest.raises(DatasetError, match=r"has not seen 1 images, among them \['DRAWN_0000'\]"):
        joined_lesions(records, {image: group for image, group in groups.items() if image != "DRAWN_0000"})


def test_groups_of_another_data_set_are_refused(tmp_path: Path) -> None:
    (tmp_path / "groups.json").write_text(json.dumps({"kaggle": {"a": "b"}}))
    assert read_groups(tmp_path / "groups.json", "kaggle") == {"a": "b"}
    with pytest.raises(DatasetError, match=r"of an audit of \['kaggle'\], not of 'ham10000'"):
        read_groups(tmp_path / "groups.json", "ham10000")


def test_other_files_than_those_that_were_split_are_refused(drawn_root: Path) -> None:
    with pytest.raises(DatasetError, match="are not those that 'ham10000-audited' was made from"):
        read_split("ham10000-audited", drawn_root)


def test_a_class_with_too_few_lesions_is_named(drawn_root: Path) -> None:
    records = [*ham10000.read(drawn_root).records]
    records[0] = replace(records[0], dx="scar", lesion_id="alone")
    with pytest.raises(DatasetError, match=r"classes with fewer than 10 lesions: \{'scar': 1\}"):
        lesion_split(records, name="drawn", seed=3)


def test_what_a_split_tears_apart_is_counted(drawn_root: Path) -> None:
    records = ham10000.read(drawn_root).records
    lesions = {record.image_id: record.group for record in records}
    assert lesion_split(records, name="drawn", seed=3).torn(lesions).lesions == 0
    by_image = make_split(records, PROTOCOLS["islam2024"], name="drawn", seed=3)
    train = {lesions[image] for image in by_image.train}
    torn = by_image.torn(lesions)
    assert torn.test_images == sum(lesions[image] in train for image in by_image.test_ids) > 0
    assert torn.of_test_images == len(by_image.test_ids)


def test_the_data_digest_sees_a_changed_picture_and_a_changed_label(copy: Path) -> None:
    records = ham10000.read(copy).records
    before = data_digest(records)
    assert data_digest(records[::-1]) == before
    assert data_digest([replace(records[0], dx="nv"), *records[1:]]) != before
    records[0].image_path.write_bytes(records[1].image_path.read_bytes())
    assert data_digest(records) != before


def test_the_cache_holds_exactly_what_serving_computes(drawn_root: Path, tmp_path: Path) -> None:
    records = ham10000.read(drawn_root).records[:20]
    spec = PreprocessSpec()
    cached = preprocessed(records, spec, tmp_path)
    assert cached.image_ids == tuple(record.image_id for record in records)
    for row, record in enumerate(records):
        served = preprocess(decode(record.image_path.read_bytes(), DecodeLimits()), spec)
        assert np.array_equal(cached.pixels[row].astype(np.float32) / np.float32(255), served)


def test_a_cache_of_another_spec_or_other_images_is_never_used(drawn_root: Path, tmp_path: Path) -> None:
    records = ham10000.read(drawn_root).records[:4]
    spec = PreprocessSpec()
    first = preprocessed(records, spec, tmp_path)
    again = preprocessed(records, spec, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert np.array_equal(first.pixels, again.pixels)
    other = preprocessed(records, replace(spec, unsharp_amount=0.2), tmp_path)
    assert not np.array_equal(first.pixels, other.pixels)
    assert preprocessed(records[::-1], spec, tmp_path).image_ids == first.image_ids[::-1]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_picture_that_cannot_be_decoded_stops_the_cache_and_leaves_none(copy: Path, tmp_path: Path) -> None:
    records = ham10000.read(copy).records[:4]
    content = records[2].image_path.read_bytes()
    records[2].image_path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetError, match=rf"{records[2].image_path.name}: .* (damaged|complete)"):
        preprocessed(records, PreprocessSpec(), tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
