"""The ROI step's measurement drawn: overlap by class for the documents, failures as a local page."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from app.screening.preprocess import Image, PreprocessSpec, preprocess_stages, working_image
from training.datasets.ham10000 import mask_path
from training.datasets.images import read_image
from training.datasets.records import LesionRecord
from training.report.page import page
from training.roi import FAILURE, RoiMeasure

SHOWN_OF_A_KIND = 15


def draw_roi(records: Sequence[LesionRecord], measures: Sequence[RoiMeasure], path: Path) -> None:
    """Draws the distribution of the overlap by class; no picture of the data set is in it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    classes = sorted({row.dx for row in measures})
    figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
    axis.boxplot([[row.iou for row in measures if row.dx == dx] for dx in classes], tick_labels=classes, whis=(5, 95))
    axis.axhline(FAILURE, color="#9b1c1c", linestyle="--", label=f"failure below {FAILURE}")
    axis.set(
        ylabel="IoU with the expert's mask", ylim=(0, 1), title=f"Otsu's mask, {len(records):,} images of HAM10000"
    )
    axis.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def write_failures(records: Sequence[LesionRecord], measures: Sequence[RoiMeasure], path: Path) -> None:
    """Writes a page of failures of each kind: the picture with the expert's outline, and after the ROI step."""
    by_id = {record.image_id: record for record in records}
    rows = []
    for kind in sorted({row.kind for row in measures}):
        failed = sorted((row for row in measures if row.kind == kind and row.iou < FAILURE), key=lambda row: row.iou)
        chosen = failed[:: max(1, len(failed) // SHOWN_OF_A_KIND)][:SHOWN_OF_A_KIND]
        for row in chosen:
            words = (f"{kind}: IoU {row.iou:.2f}", f"{row.image_id} ({row.dx})", f"area {row.area:.2f}")
            rows.append((_before_and_after(by_id[row.image_id]), words))
    path.parent.mkdir(parents=True, exist_ok=True)
    preface = f"{len(rows)} pictures with IoU below {FAILURE}; in red the expert's outline. HAM10000, CC BY-NC 4.0."
    path.write_text(page("Where the ROI step fails", preface, rows), encoding="utf-8")


def _before_and_after(record: LesionRecord) -> tuple[Image, Image]:
    spec = PreprocessSpec()
    image = read_image(record.image_path)
    outlined = working_image(image, spec).copy()
    mask = cv2.imread(str(mask_path(record)), cv2.IMREAD_GRAYSCALE)
    mask = cv2.resize(mask, outlined.shape[1::-1], interpolation=cv2.INTER_AREA)
    outlines, _ = cv2.findContours((mask > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(outlined, outlines, -1, (255, 0, 0), 1)
    highlighted = dict(preprocess_stages(image, spec))["roi_highlight"]
    return outlined, np.asarray(highlighted, np.uint8)
