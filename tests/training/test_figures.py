"""Figures are drawn from an evaluation alone, are pictures with something on them, and are small."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.training.made_up import write_run
from training.figures.draw import draw_all
from training.figures.style import BLUE, VERMILION
from training.figures.training_curves import save_curves
from training.report.results import MOST_BYTES


def pixels(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture[:, :, ::-1].reshape(-1, 3).astype(int)


def shows(path: Path, colour: str) -> bool:
    """Whether a pixel has the colour, as nearly as a PNG of 256 colours keeps it."""
    return bool((np.abs(pixels(path) - list(bytes.fromhex(colour.removeprefix("#")))).max(axis=1) <= 8).any())


@pytest.mark.parametrize("scheme", ["melanoma", "clinical"])
def test_every_figure_is_drawn_and_small(scheme: str, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    dx = tuple(np.tile(["nv", "mel", "nv", "bkl"], 50))
    raw = random.dirichlet(np.ones(2 if scheme == "melanoma" else 7), size=200).tolist()
    evaluation = write_run(tmp_path / "one", raw, dx=dx, scheme=scheme)
    rate = {"value": 0.6, "low": 0.5, "high": 0.7}
    point = {"threshold": 0.3, "sensitivity": rate, "specificity": rate}
    paths = draw_all({**evaluation, "operating_point": point}, tmp_path / "figures")
    names = ["confusion.png", "curves.png", "precision_recall.png", "reliability.png", "roc.png"]
    assert (
        sorted(path.name for path in paths) == sorted(path.name for path in (tmp_path / "figures").iterdir()) == names
    )
    for path in paths:
        assert path.stat().st_size <= MOST_BYTES
        assert pixels(path).std() > 10
    roc = tmp_path / "figures" / "roc.png"
    assert shows(roc, BLUE)
    assert shows(roc, VERMILION)
    without = draw_all({**evaluation, "operating_point": None}, tmp_path / "figures")
    assert without == paths
    assert not shows(roc, VERMILION)


def test_an_ensemble_has_no_training_curves(tmp_path: Path) -> None:
    evaluation = write_run(tmp_path / "one", [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]])
    evaluation["training"]["history"] = []
    paths = draw_all(evaluation, tmp_path / "figures")
    assert "curves.png" not in {path.name for path in paths}
    assert all(path.is_file() for path in paths)


def test_curves_are_drawn_from_the_first_epoch_on_and_of_the_columns_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    history = [{"epoch": 1, "loss": 1.5}]
    save_curves(history, path, "one epoch")
    assert shows(path, BLUE)
    assert not shows(path, VERMILION)
    history = [{"epoch": n, "loss": 1 / n, "validation_loss": 1.2 / n, "seconds": 60} for n in range(1, 71)]
    save_curves(history, path, "seventy epochs")
    assert shows(path, BLUE)
    assert shows(path, VERMILION)
    assert [found.name for found in tmp_path.iterdir()] == ["curves.png"]
