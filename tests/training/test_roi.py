"""The ROI step's measurement, on masks worked out by hand."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.screening.synthetic import draw_lesion
from training.datasets import ham10000
from training.datasets.records import DatasetError, LesionRecord
from training.roi import FAILURE, _kind, measure_roi, signs, summarise_roi
from training.roi_figures import draw_roi, write_failures


@pytest.fixture
def masked(tmp_path: Path) -> list[LesionRecord]:
    """Dark squares on light skin: one masked rightly, one by half, one elsewhere, and one in a vignette."""
    records = []
    for row, (name, columns) in enumerate({"right": (80, 140), "half": (80, 110), "elsewhere": (0, 40)}.items()):
        picture = np.full((224, 224, 3), 200, np.uint8)
        picture[80:140, 80:140] = 60
        picture[-1, ::2] = 201  # a flat lower part would be refused as a file that was cut off
        mask = np.zeros((224, 224), np.uint8)
        mask[80:140, slice(*columns)] = 255
        records.append(write(tmp_path, f"{row}{name}", picture, mask))
    round_view = draw_lesion(1)
    round_view[np.hypot(*(np.mgrid[:224, :224] - 111.5)) > 120] = 10
    mask = np.zeros((224, 224), np.uint8)
    mask[90:130, 90:130] = 255
    records.append(write(tmp_path, "3vignette", round_view, mask))
    return records


def write(root: Path, name: str, picture: np.ndarray, mask: np.ndarray) -> LesionRecord:
    images, masks = root / ham10000.IMAGE_FOLDERS[0], root / ham10000.MASK_FOLDER
    images.mkdir(exist_ok=True)
    masks.mkdir(exist_ok=True)
    cv2.imwrite(str(images / f"{name}.png"), picture[:, :, ::-1])
    cv2.imwrite(str(masks / f"{name}_segmentation.png"), cv2.resize(mask, (600, 450), interpolation=cv2.INTER_NEAREST))
    return LesionRecord(images / f"{name}.png", name, None, "nv", ham10000.NAME)


def test_overlaps_are_those_of_the_masks(masked: list[LesionRecord]) -> None:
    right, half, elsewhere, vignette = measure_roi(masked)
    assert (right.iou, right.dice) == pytest.approx((1, 1), abs=0.07)
    assert half.iou == pytest.approx(1 / 2, abs=0.06)
    assert half.dice == pytest.approx(2 / 3, abs=0.06)
    assert elsewhere.iou == 0
    assert right.area == pytest.approx(60 * 60 / 224**2, abs=0.01)
    assert (right.corners, right.border, right.pieces) == (0, 0, 1)
    assert right.contrast == pytest.approx(140, abs=6)
    assert right.separation > 0.9
    assert right.kind == "other"
    assert vignette.kind == "vignette"
    assert vignette.corners == 4


def test_signs_of_a_mask_that_fills_the_border() -> None:
    otsu = np.ones((60, 60), bool)
    otsu[20:40, 20:40] = False
    found = signs(otsu, np.where(otsu, 50.0, 150.0))
    assert found["corners"] == 4
    assert found["border"] == 1
    assert found["central"] == 0
    assert found["area"] == pytest.approx(8 / 9)
    assert found["contrast"] == pytest.approx(100)
    assert found["separation"] == pytest.approx(1)


def test_failures_are_counted_by_class_and_kind(masked: list[LesionRecord], tmp_path: Path) -> None:
    repeated = [masked[row] for row in (0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 3)]
    measures = [replace(measure, lesion=f"L{row}") for row, measure in enumerate(measure_roi(repeated))]
    summary = summarise_roi(measures)
    assert summary["all"]["failures"] == pytest.approx(sum(row.iou < FAILURE for row in measures) / 11)
    assert summary["by_class"]["nv"]["images"] == 11
    assert summary["by_kind"]["vignette"]["images"] == 1
    assert set(summary["signs"]["auc_alone"]) == {
        "area", "corners", "border", "separation", "contrast", "pieces", "central",
    }  # fmt: skip
    draw_roi(masked, measures, tmp_path / "roi.png")
    assert cv2.imread(str(tmp_path / "roi.png")).std() > 5


def test_the_page_shows_each_failure_before_and_after(masked: list[LesionRecord], tmp_path: Path) -> None:
    measures = measure_roi(masked)
    assert [row.iou < FAILURE for row in measures] == [False, False, True, True]
    write_failures(masked, measures, tmp_path / "roi" / "index.html")
    page = (tmp_path / "roi" / "index.html").read_text(encoding="utf-8")
    assert page.count("<img") == 2 * 2
    assert "vignette: IoU" in page
    assert "2elsewhere (nv)" in page
    assert "0right" not in page


def test_thin_dark_lines_on_the_skin_are_hair() -> None:
    picture = np.full((224, 224, 3), 200, np.uint8)
    picture[80:140, 80:140] = 60
    expert = picture[:, :, 0] == 60
    grey = picture[:, :, 0].astype(np.float64)
    assert _kind(picture, grey, expert) == "other"
    picture[::12] = 90
    picture[1::12] = 90
    assert _kind(picture, grey, expert) == "hair"


def test_too_few_failures_to_learn_from_is_said(masked: list[LesionRecord]) -> None:
    with pytest.raises(DatasetError, match="fails on 2 lesions and not on 2: too few"):
        summarise_roi(measure_roi(masked))


def test_a_mask_that_cannot_be_read_is_named(masked: list[LesionRecord]) -> None:
    ham10000.mask_path(masked[1]).write_bytes(b"no mask")
    with pytest.raises(DatasetError, match=r"1half_segmentation\.png is no mask that can be read"):
        measure_roi(masked)


def test_a_missing_mask_is_named(masked: list[LesionRecord]) -> None:
    ham10000.mask_path(masked[1]).unlink()
    with pytest.raises(DatasetError, match=r"1 images have no expert mask, among them \['1half'\]"):
        measure_roi(masked)
