"""The ROI step's measurement drawn: overlap by class for the documents, failures as a local page."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from app.screening.preprocess import Image, PreprocessSpec, preprocess_stages, working_image
from training.datasets.ham10000 import mask_path
from training.datasets.images import read_image, read_mask
from training.datasets.records import LesionRecord
from training.report.page import page
from training.roi import FAILURE, RoiMeasure

SHOWN_OF_A_KIND = 15


def draw_roi(records: Sequence[LesionRecord], measures: Sequence[RoiMeasure], path: Path) -> None:
    """Draws the distribution of the overlap by class and by kind; no picture of the data set is in it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(12, 4), sharey=True, layout="constrained")
    for axis, column in zip(axes, ("dx", "kind"), strict=True):
        rows: dict[str, list[float]] = {}
        for row in measures:
            rows.setdefault(getattr(row, column), []).append(row.iou)
        names = sorted(rows)
        axis.boxplot([rows[name] for name in names], tick_labels=names, whis=(5, 95))
        axis.axhline(FAILURE, color="#9b1c1c", linestyle="--", label=f"failure below {FAILURE}")
        axis.set(ylim=(0, 1), title={"dx": "by class", "kind": "by kind of picture"}[column])
    axes[0].set_ylabel("IoU with the expert's mask")
    axes[0].legend()
    figure.suptitle(f"Otsu's mask, {len(records):,} images of HAM10000")
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
    mask = read_mask(mask_path(record), outlined.shape).astype(np.uint8)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(outlined, outlines, -1, (255, 0, 0), 1)
    highlighted = dict(preprocess_stages(image, spec))["roi_highlight"]
    return outlined, np.asarray(highlighted, np.uint8)
