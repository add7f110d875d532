"""docs/results: what was measured of each recipe, as committed JSON, and the figures drawn from it."""

import shutil
from pathlib import Path
from typing import Any

from training.bundles import EVALUATION
from training.errors import TrainingError
from training.evaluation import read_evaluation
from training.figures.draw import draw_all

RESULTS = Path("docs/results")
MOST_BYTES = 60_000
"""Of a committed figure."""


def collect(runs: Path, repository: Path) -> list[Path]:
    """Copies evaluation.json of every evaluated run into docs/results/RECIPE; runs in small are left out.

    Args:
        runs: folder of run folders, as the verbs' --out.
        repository: holds docs/.

    Returns:
        The copies.

    Raises:
        TrainingError: no run in the folder is evaluated, or a folder holds the evaluation of another name.
    """
    evaluated = {path: read_evaluation(path.parent)["recipe"] for path in sorted(runs.glob(f"*/{EVALUATION}"))}
    for path, recipe in evaluated.items():
        if recipe["name"] != path.parent.name:
            raise TrainingError(f"{path} is about {recipe['name']}; rename its folder, or remove the file")
    chosen = [path for path, recipe in evaluated.items() if not recipe["smoke"]]
    if not chosen:
        raise TrainingError(f"{runs} holds no evaluated run; `evaluate` one first, or name another folder with --runs")
    copies = []
    for path in chosen:
        target = repository / RESULTS / path.parent.name / EVALUATION
        target.parent.mkdir(parents=True, exist_ok=True)
        copies.append(Path(shutil.copyfile(path, target)))
    return copies


def read_results(repository: Path) -> list[dict[str, Any]]:
    """Every committed evaluation, by recipe's name."""
    return [read_evaluation(path.parent) for path in sorted((repository / RESULTS).glob(f"*/{EVALUATION}"))]


def draw_results(repository: Path) -> list[Path]:
    """Draws the figures of every committed evaluation beside it."""
    drawn = []
    for evaluation in read_results(repository):
        drawn += draw_all(evaluation, repository / RESULTS / evaluation["recipe"]["name"])
    return drawn
