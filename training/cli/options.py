"""Options that several verbs share."""

import functools
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app.config import REPOSITORY
from training.names import RecipeName
from training.recipe import load_recipe, recipe_names

WEIGHTS_VARIABLE = "LESION_WEIGHTS_ROOT"
"""As training/weights.py has it; that file takes seconds to import."""

EVALUATION_LOG = "test_set_openings.jsonl"
"""In the folder of runs: a line each time that a test part was opened."""

DEFAULT_DATA_ROOT = Path(os.environ.get("LESION_DATA_ROOT", REPOSITORY.parent / "shared" / "data"))

data_root_option = click.option(
    "--data-root",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA_ROOT,
    help="Folder that holds ham10000/ and the others. Default: $LESION_DATA_ROOT, else ../shared/data.",
)


def recipe_option(verb: Callable[..., None]) -> Callable[..., None]:
    """--recipe, --smoke and those of pretrained weights; the verb gets all of them as `recipe`."""

    @click.option(
        "--recipe",
        "recipe_name",
        required=True,
        help=f"One of: {', '.join(recipe_names())}. NAME+ARM and NAME-seedN are changes of it.",
    )
    @click.option("--smoke", is_flag=True, help="The same path in about a minute: few and small pictures.")
    @click.option(
        "--weights",
        type=click.Choice(["imagenet", "random"]),
        default="imagenet",
        help="random: start pretrained networks, teachers too, from random, in run folders of their own.",
    )
    @click.option(
        "--weights-root",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of pretrained weights. Default: $LESION_WEIGHTS_ROOT, else ../shared/data/weights.",
    )
    @functools.wraps(verb)
    def with_recipe(
        *arguments: Any, recipe_name: str, smoke: bool, weights: str, weights_root: Path | None, **options: Any
    ) -> None:
        if weights_root:
            os.environ[WEIGHTS_VARIABLE] = str(weights_root)
        told = RecipeName.parse(recipe_name)
        told = replace(told, unpretrained=told.unpretrained or weights == "random", smoke=told.smoke or smoke)
        verb(*arguments, recipe=load_recipe(str(told)), **options)

    return with_recipe


out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=REPOSITORY / "runs",
    help="Folder for runs and caches. Default: runs/ in the repository, which git ignores.",
)
