"""What all figures share: size, colours and how they are saved."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION, GREY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#666666"
"""Colours that people with any colour vision tell apart (Okabe, Ito 2008)."""

DPI = 110
LONG_LINE = 48
"""Characters of a heading that fill five inches."""

COLOURS = 256
"""Of a saved figure: those that are farthest apart, so that a small mark keeps its own."""


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure, inches; drawn without a screen and without pyplot's list of open figures."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def heading(evaluation: Mapping[str, Any], subject: str) -> str:
    """The subject; below it recipe, data and part, on two lines where they are too long for a narrow figure's one."""
    recipe = evaluation["recipe"]
    made = f"{recipe['name']} {recipe['version']}" if recipe["version"] else recipe["name"]
    measured = f"{recipe['dataset']} {evaluation['part']} part"
    return f"{subject}\n{made}{', ' if len(made + measured) < LONG_LINE else chr(10)}{measured}"


def unit_square(axes: "Axes") -> None:
    """Both axes 0..1 with a light grid, and room for a line along the border."""
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def save(figure: "Figure", path: Path) -> None:
    """Writes a PNG of few colours, a third of the size of one of all, and never half of one."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    picture = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"writing-{path.name}")
    picture.save(beside, format="png", optimize=True)
    beside.replace(path)
