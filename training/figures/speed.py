"""Where the time of a prediction goes, and what of the pipeline's throughput is left over HTTP."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.figures.style import BLUE, GREEN, GREY, ORANGE, VERMILION, new_figure, save

PARTS = {"decode": ORANGE, "preprocess": GREEN, "inference": BLUE, "quality": VERMILION, "rest": GREY}
TITLES = {"preprocess": "stages"}
WORKERS = {"one_worker": (1, BLUE), "two_workers": (2, GREEN)}


def draw_speed(measured: Mapping[str, Any], path: Path) -> None:
    """Draws the parts by size of the picture, and answers a second by number of clients beside the pipeline's own."""
    figure = new_figure(10, 4)
    left, right = figure.subplots(1, 2)
    sizes = list(measured["parts"])
    reached = [0.0] * len(sizes)
    for part, colour in PARTS.items():
        widths = [measured["parts"][size][part]["median"] for size in sizes]
        left.barh(sizes, widths, left=reached, color=colour, label=TITLES.get(part, part))
        reached = [start + width for start, width in zip(reached, widths, strict=True)]
    left.invert_yaxis()
    left.set(xlabel="Milliseconds, one thread", title="Parts of a prediction, JPEG")
    left.legend(fontsize=9)
    for name, (workers, colour) in WORKERS.items():
        rows, limit = measured[name]["clients"], measured[name]["pipeline_rate"]
        clients = list(rows)
        rates = [rows[count]["rate"] for count in clients]
        middle = [rate["median"] for rate in rates]
        errors = [[rate["median"] - rate["low"] for rate in rates], [rate["high"] - rate["median"] for rate in rates]]
        cores = f"{workers} core{'s' if workers > 1 else ''}"
        right.axhspan(limit["low"], limit["high"], color=colour, alpha=0.15)
        right.axhline(limit["median"], color=colour, linestyle="--", linewidth=1, label=f"pipeline, {cores}")
        right.errorbar(clients, middle, yerr=errors, color=colour, marker="o", capsize=3, label=f"over HTTP, {cores}")
    right.set(xlabel="Clients at a time", ylabel="Answers a second", title="Throughput, 600×450 JPEG")
    right.set_ylim(bottom=0)
    right.grid(color="#dddddd", linewidth=0.6)
    right.legend(fontsize=9)
    save(figure, path)
