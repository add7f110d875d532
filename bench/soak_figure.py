"""The figure of a soaking: latency and memory over time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.figures.style import BLUE, VERMILION, new_figure, save


def draw(found: Mapping[str, Any], path: Path) -> None:
    """Writes a PNG of what `bench.soak` found: 99th percentile and memory, in sixty steps each."""
    series = found["series"]
    minutes = [entry["minute"] for entry in series]
    figure = new_figure(7.5, 4.2)
    drawn = (("p99_ms", "99th percentile, ms", BLUE), ("mb", "Memory (PSS), MB", VERMILION))
    for axes, (name, words, colour) in zip(figure.subplots(2, 1, sharex=True), drawn, strict=True):
        axes.plot(minutes, [entry[name] for entry in series], color=colour, linewidth=1.6)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set(ylabel=words)
        axes.set_ylim(bottom=0)
    axes.set(xlabel="Minutes")
    figure.suptitle(f"{found['requests']:,} requests at 80 % of {found['capacity']:g} a second", fontsize=11)
    save(figure, path)
