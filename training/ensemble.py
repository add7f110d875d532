"""Several evaluated runs as one model: the mean of their class probabilities, measured on the same test part."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.evaluation.bootstrap import BOOTSTRAP_SEED, RESAMPLES
from training.datasets.schemes import SCHEMES
from training.errors import TrainingError
from training.evaluation import FIGURES, measured, read_evaluation, write_evaluation
from training.figures.draw import draw_all
from training.predictions import RAW, Predictions, decided, read_predictions

SHARED = ("dataset", "split", "scheme", "smoke")
"""Of the members' recipes. A member of another split may have learnt from what is the others' test part."""


def ensemble(name: str, members: Sequence[Path], run: Path, *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Averages the raw class probabilities of evaluated runs; writes all that `evaluate` writes into the run's folder.

    Nothing is calibrated and there is no operating point, since neither may be chosen on the test part.

    Args:
        name: of the ensemble.
        members: folders of evaluated runs, at least two.
        run: folder to write; what a training run has written is refused.
        resamples: draws of the bootstrap.

    Returns:
        The evaluation, as `evaluate` writes it.

    Raises:
        TrainingError: a member is not evaluated, they differ in images, classes, data, split or scheme, a member is
            named twice, or `run` holds a trained run.
    """
    if len(members) < 2 or len(set(members)) < len(members):
        raise TrainingError("an ensemble needs at least two recipes, each named once")
    if Path(name).name != name:
        raise TrainingError(f"an ensemble's name is that of a folder in --out, not {name!r}")
    if (run / "run.json").exists() or run in members:
        raise TrainingError(f"{run} holds a run of its own; give the ensemble another --name")
    evaluations = [read_evaluation(member) for member in members]
    recipes = [evaluation["recipe"] for evaluation in evaluations]
    for evaluation, recipe in zip(evaluations[1:], recipes[1:], strict=True):
        differing = [key for key in SHARED if recipe[key] != recipes[0][key]]
        differing += [key for key in ("data_sha256", "split_sha256") if evaluation[key] != evaluations[0][key]]
        if differing:
            raise TrainingError(f"{recipe['name']} and {recipes[0]['name']} differ in {' and '.join(differing)}")
    tables = read_predictions(members)
    for other in tables[1:]:
        if other.codes != tables[0].codes:
            raise TrainingError(f"{other.name} and {tables[0].name} do not tell the same classes apart")
    scheme = SCHEMES[recipes[0]["scheme"]]
    raw = np.mean([table.raw for table in tables], axis=0)
    answers = decided(raw, tables[0].table["dx"].tolist(), scheme, None)
    columns = {f"{RAW}{code}": raw[:, at] for at, code in enumerate(scheme.classes)}
    table = tables[0].table.assign(p_malignant=answers.p_malignant, **columns)
    averaged = Predictions(name, table)
    digest = hashlib.sha256("\n".join(recipe["sha256"] for recipe in recipes).encode()).hexdigest()
    evaluation = {
        "recipe": {"name": name, "version": None, **{key: recipes[0][key] for key in SHARED}, "sha256": digest},
        "part": "test",
        "ensemble_of": [{key: recipe[key] for key in ("name", "version", "sha256")} for recipe in recipes],
        "data_sha256": evaluations[0]["data_sha256"],
        "split_sha256": evaluations[0]["split_sha256"],
        **measured(answers, averaged.groups, scheme, seed=BOOTSTRAP_SEED, resamples=resamples),
        "calibration": {"method": "none"},
        "operating_point": None,
        "model": None,
        "training": {
            "parameters": sum(member["training"]["parameters"] for member in evaluations),
            "epochs_run": None,
            "seconds": None,
            "history": [],
        },
    }
    run.mkdir(parents=True, exist_ok=True)
    averaged.write(run)
    write_evaluation(run, evaluation)
    draw_all(evaluation, run / FIGURES)
    return evaluation
