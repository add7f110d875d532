"""What each part of a recipe gives: the recipe beside its arms, on the very same validation pictures.

Nothing here opens the test part: what the arms show decides what is built.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from app.evaluation.bootstrap import BOOTSTRAP_SEED, measure
from app.evaluation.metrics import METRICS, Answers
from training.arms import ARMS, arm_name
from training.compare import paired_differences
from training.datasets.parts import read_split, training_data
from training.datasets.schemes import SCHEMES
from training.errors import TrainingError
from training.files import write_whole
from training.fit import predict_logits
from training.names import RecipeName
from training.predictions import decided
from training.recipe import Recipe
from training.report.evidence_tables import EVIDENCE, read_evidence
from training.run_folder import RunFolder
from training.trained import load_trained

SAYS = {name: arm.says for name, arm in ARMS.items()}
COMPARED = {name: METRICS[name] for name in ("auc", "seven_class_balanced_accuracy")}
"""Of probabilities that are not calibrated: those in which calibration changes nothing, or little."""


def evidence(recipe: Recipe, others: Sequence[Recipe], data_root: Path, out: Path) -> dict[str, Any]:
    """Compares trained arms, and other recipes, with a recipe.

    A recipe of several seeds is compared by the mean over those that both have been trained from. The intervals are
    of the lesions that were drawn; what another training would give is in the rows of the recipe's own seeds.

    Args:
        recipe: the base.
        others: arms of it, or other recipes of the same split and label scheme.
        data_root: holds the data set.
        out: holds the run folders.

    Returns:
        JSON-ready: {"recipe", "part", "images", "lesions", "malignant_images", "epochs", "side" (of its pictures),
        "intervals", "metrics" (of each seed of the recipe), "differences": a row each other: {"name", "says", "seeds",
        "epochs", metric: {"difference", "low", "high"} (of the other less the recipe)}}.

    Raises:
        TrainingError: one of them is not trained, or is of another split or scheme, or an arm was trained in another
            precision.
    """
    for other in others:
        if (other.split, other.scheme) != (recipe.split, recipe.scheme):
            raise TrainingError(f"{other.name} is of another split or label scheme than {recipe.name}")
    records = read_split(recipe.split, data_root, recipe.images).validation
    groups = [record.group for record in records]
    own = _of_seeds(recipe, recipe.seeds, data_root, out)
    seeds = sorted(own)
    rows = []
    for other in others:
        found = _of_seeds(other, (*recipe.seeds, *other.seeds), data_root, out)
        shared = [seed for seed in seeds if seed in found]
        if not shared:
            raise TrainingError(f"{other.name} and {recipe.name} were not trained from the same seed")
        paired = paired_differences(
            [found[seed] for seed in shared], [own[seed] for seed in shared], groups, seed=BOOTSTRAP_SEED,
            metrics=COMPARED,
        )  # fmt: skip
        arm = RecipeName.parse(other.name).arm
        if arm and (precision := _precision(other, shared, out)) != (own_precision := _precision(recipe, shared, out)):
            raise TrainingError(
                f"{other.name} was trained in {precision} and {recipe.name} in {own_precision}: that would be compared "
                "too. Remove the older run and train it again here"
            )
        says = SAYS[arm] if arm and other.name == arm_name(recipe, arm) else f"`{other.name}` in its place"
        rows.append({"name": other.name, "says": says, "seeds": shared, "epochs": other.fit.epochs, **paired})
    for seed in seeds[1:]:
        paired = paired_differences([own[seed]], [own[seeds[0]]], groups, seed=BOOTSTRAP_SEED, metrics=COMPARED)
        says = f"seed {seed} in the place of seed {seeds[0]}: what chance does"
        rows.append({"name": recipe.name, "says": says, "seeds": [seed], "epochs": recipe.fit.epochs, **paired})
    first = own[seeds[0]]
    return {
        "recipe": recipe.name,
        "part": "validation",
        "images": len(groups),
        "lesions": len(set(groups)),
        "malignant_images": int(first.malignant.sum()),
        "epochs": recipe.fit.epochs,
        "side": recipe.preprocess.output_size,
        "intervals": "95 % percentile bootstrap over lesions, paired",
        "metrics": {str(seed): measure(own[seed], groups, seed=BOOTSTRAP_SEED, metrics=COMPARED) for seed in seeds},
        "differences": rows,
    }


def write_evidence(found: Mapping[str, Any], path: Path = EVIDENCE) -> None:
    """Puts what was found about a recipe into the file, beside what it says of others."""
    rows = {**read_evidence(path), found["recipe"]: found}
    write_whole(path, json.dumps(dict(sorted(rows.items())), indent=1) + "\n")


def trained(recipe: Recipe, seeds: Iterable[int], out: Path) -> list[Recipe]:
    """The recipe itself and its seeds, as far as their runs are finished."""
    forms = [recipe, *(recipe.seeded(seed) for seed in dict.fromkeys(seeds))]
    return [form for form in forms if RunFolder(out / form.name).is_finished(form.fit)]


def _precision(recipe: Recipe, seeds: Iterable[int], out: Path) -> str:
    """The dtype policies in which a recipe was trained from these seeds; "auto" follows the machine."""
    found = {RunFolder(out / form.name).precision() for form in trained(recipe, seeds, out)}
    return " and ".join(sorted(found))


def _of_seeds(recipe: Recipe, seeds: Iterable[int], data_root: Path, out: Path) -> dict[int, Answers]:
    """The answers to the validation part of each seed that was trained."""
    runs = trained(recipe, seeds, out)
    if not runs:
        raise TrainingError(f"{recipe.name} is not trained yet; `release`, `distil` or `train` does that")
    return {form.seed: _answers(form, data_root, out) for form in runs}


def _answers(recipe: Recipe, data_root: Path, out: Path) -> Answers:
    scheme = SCHEMES[recipe.scheme]
    data = training_data(recipe, scheme, data_root, out / "cache")
    run = RunFolder(out / recipe.name)
    run.require(recipe, data.identity)
    model = load_trained(recipe, run.result(recipe.fit))
    logits = predict_logits(model, data.validation.images.pixels, recipe.preprocess)
    records = read_split(recipe.split, data_root, recipe.images).validation
    raw = softmax(logits.astype(np.float64), axis=1)
    return decided(raw, [record.dx for record in records], scheme, None)
