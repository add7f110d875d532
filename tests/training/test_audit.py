"""The audit finds copies that were made on purpose, among pictures that are none; and says what they connect."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.screening.synthetic import draw_lesion
from training.audit.descriptors import orientations
from training.audit.findings import Findings
from training.audit.matching import (
    EDGE,
    INVERSE,
    SAME_LESION,
    SAME_PICTURE,
    Pair,
    _field_of_view,
    correlate,
    group_names,
)
from training.audit.run import audit
from training.audit.trial import COPIES, Trial, run_trial
from training.datasets.manifests import SplitManifest
from training.datasets.parts import read
from training.datasets.records import Dataset, DatasetError, LesionRecord, Skip

Picture = np.ndarray
SIDE = 96


def record(path: Path, lesion: str | None, dx: str = "nv", part: str | None = None) -> LesionRecord:
    return LesionRecord(path, path.stem, lesion, dx, "drawn", part=part)


def test_every_orientation_has_its_inverse() -> None:
    picture = draw_lesion(1, SIDE, SIDE)
    for turn, turned in enumerate(orientations(picture)):
        assert np.array_equal(orientations(turned)[INVERSE[turn]], picture)


def test_the_correlation_of_copies_is_high_and_of_other_lesions_low() -> None:
    pictures = [draw_lesion(seed, 224, 224) for seed in range(6)]
    small = [cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for picture in pictures]
    for picture, detail in zip(pictures, small, strict=True):
        copy = cv2.resize(COPIES["cropped at three edges"](picture), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        assert correlate(detail, copy) > 0.8
    others = [correlate(small[row], small[column]) for row in range(6) for column in range(row)]
    assert max(others) < 0.6


def test_a_round_field_of_view_is_not_what_two_lesions_have_in_common() -> None:
    outside = np.hypot(*(np.mgrid[:224, :224] - 111.5)) > 118
    through_it = []
    for seed in range(4):
        picture = draw_lesion(seed, 224, 224)
        picture[outside] = 8
        through_it.append(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    others = [correlate(through_it[row], through_it[column]) for row in range(4) for column in range(row)]
    assert max(others) < SAME_LESION - 0.1
    copy = cv2.resize(COPIES["re-encoded at quality 45"](through_it[0]), (SIDE, SIDE))
    assert correlate(through_it[0], copy) > SAME_PICTURE


def test_a_dark_lesion_stays_in_view_and_the_black_around_does_not() -> None:
    grey = np.full((96, 96), 180, np.float32)
    grey[40:56, 40:56] = 20
    assert _field_of_view(grey).all()
    grey[:, :10] = 5
    seen = _field_of_view(grey)
    assert not seen[:, : 10 + EDGE].any()
    assert seen[:, 10 + EDGE + 1 :].all()


def test_copies_among_real_pictures_are_found_and_hardly_anything_else(data_root: Path) -> None:
    trial = run_trial(read("ham10000", data_root).records, pictures=400, copies=12, seed=5)
    assert trial.recall >= 0.95, trial.summary()
    assert trial.precision >= 0.95, trial.summary()


PAIRS = (("one", "other"), ("a", "b"))


def test_a_trial_counts_what_was_made_found_and_not_expected() -> None:
    trial = Trial(
        100, {"mirrored": 8, "cropped": 2}, {"mirrored": 8, "cropped": 0}, (("one", "other"), ("a", "b")), known=1
    )
    assert (trial.recall, trial.precision) == (0.8, 0.9)
    assert trial.summary()["unexpected"] == [["one", "other"], ["a", "b"]]


def test_a_trial_of_more_pictures_than_lesions_is_refused(drawn_root: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be drawn: 98 lesions"):
        run_trial(read("ham10000", drawn_root).records, pictures=99, copies=1, seed=1)


@pytest.fixture
def drawn_findings(tmp_path: Path) -> Findings:
    """Four lesions, a copy of one in another data set with another label, one across the parts, one under one id."""
    records = []
    for seed in range(4):
        path = tmp_path / f"lesion{seed}.png"
        cv2.imwrite(str(path), draw_lesion(seed, 160, 200))
        records.append(record(path, f"L{seed}", part="train"))
    for name, seed, changes in (
        ("elsewhere", 0, {"source": "other", "lesion_id": None, "dx": "mel"}),
        ("across", 1, {"lesion_id": "L9", "part": "test"}),
        ("known", 2, {"lesion_id": "L2"}),
    ):
        path = tmp_path / f"{name}.png"
        cv2.imwrite(str(path), np.rot90(draw_lesion(seed, 160, 200)))
        records.append(replace(records[seed], image_path=path, image_id=name, **changes))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    records.append(record(broken, None))
    sets = [
        Dataset(name, tuple(row for row in records if row.source == name), (Skip("note.txt", "no picture"),))
        for name in ("drawn", "other")
    ]
    manifest = SplitManifest(
        "drawn-split", "drawn", "by hand", 1, (0.5, 0.2, 0.3), "", (), ("lesion0", "lesion1", "lesion2"), (),
        ("across", "lesion3"),
    )  # fmt: skip
    elsewhere = replace(manifest, name="elsewhere-split", dataset="elsewhere")
    return audit(sets, tmp_path / "out", [manifest, elsewhere])


def test_what_was_found_is_counted_by_what_it_connects(drawn_findings: Findings) -> None:
    summary = drawn_findings.summary()
    assert summary["images"] == {"drawn": 6, "other": 1}
    assert list(summary["unreadable"]) == ["drawn/broken"]
    assert "picture" in summary["unreadable"]["drawn/broken"]
    assert summary["skipped"] == {"drawn/note.txt": "no picture", "other/note.txt": "no picture"}
    assert summary["pairs"]["same_picture"] == {"drawn + drawn": 2, "drawn + other": 1}
    assert summary["within_lesion_ids"] == {"drawn": {"pairs": 1, "found": 1}}
    assert summary["pairs_across_lesion_ids"] == {"drawn": 1}
    assert summary["joined_lesions"] == {"drawn": [["L1", "L9"]]}
    assert summary["across_published_parts"] == {
        "drawn: test + train": {"lesions": 1, "test_images": 1, "train_images": 1}
    }
    assert summary["across_splits"] == {"drawn-split": {"lesions": 1, "test_images": 1, "of_test_images": 2}}
    assert summary["contradictory_labels"] == 1
    assert summary["images_also_in"] == {"drawn in other": 1, "other in drawn": 1}


def test_a_user_s_own_class_names_are_compared_within_their_set(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.png" for name in ("one", "copy", "far")]
    for path, seed in zip(paths, (0, 0, 1), strict=True):
        cv2.imwrite(str(path), draw_lesion(seed, 160, 200))
    names = ("naevus", "scar", "naevus")
    own = [replace(record(path, None, dx=dx), source="own") for path, dx in zip(paths, names, strict=True)]
    summary = audit([Dataset("own", tuple(own))], tmp_path / "out").summary()
    assert summary["contradictory_labels"] == 1
    assert summary["pairs_across_lesion_ids"] == summary["within_lesion_ids"] == summary["joined_lesions"] == {}


def test_a_set_without_a_readable_picture_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="none of the 1 pictures can be read"):
        audit([Dataset("drawn", (record(broken, None),))], tmp_path / "out")


def test_groups_are_the_union_of_lesions_and_copies(drawn_findings: Findings) -> None:
    groups = drawn_findings.groups()
    assert groups["drawn"]["lesion1"] == groups["drawn"]["across"]
    assert groups["drawn"]["lesion2"] == groups["drawn"]["known"]
    assert groups["drawn"]["lesion0"] == groups["other"]["elsewhere"]
    assert len(set(groups["drawn"].values())) == 4


def test_the_files_say_the_same(drawn_findings: Findings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (out / "pairs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["first"], row["second"]) for row in rows} == {
        ("drawn/lesion0", "other/elsewhere"), ("drawn/lesion1", "drawn/across"), ("drawn/lesion2", "drawn/known"),
    }  # fmt: skip
    assert json.loads((out / "summary.json").read_text())["contradictory_labels"] == 1
    assert json.loads((out / "groups.json").read_text()) == drawn_findings.groups()
    page = (out / "index.html").read_text()
    assert page.count("<img") == 6
    assert "labels contradict" in page


def test_groups_join_along_chains() -> None:
    pairs = [Pair(0, 1, 0, 0.9), Pair(1, 2, 0, 0.9)]
    assert group_names(["b", "c", "a", "d"], pairs) == ["a", "a", "a", "d"]
    assert group_names(["b", "a", "b"], []) == ["b", "a", "b"]
