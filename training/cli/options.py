"""Options that several verbs share."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.config import REPOSITORY
from training.recipe import SMOKE, load_recipe, recipe_names

DEFAULT_DATA_ROOT = Path(os.environ.get("LESION_DATA_ROOT", REPOSITORY.parent / "shared" / "data"))

data_root_option = click.option(
    "--data-root",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA_ROOT,
    help="Folder that holds ham10000/ and the others. Default: $LESION_DATA_ROOT, else ../shared/data.",
)


def recipe_option(verb: Callable[..., None]) -> Callable[..., None]:
    """--recipe and --smoke; the verb gets both as `recipe`."""

    @click.option("--recipe", "recipe_name", required=True, help=f"One of: {', '.join(recipe_names())}.")
    @click.option("--smoke", is_flag=True, help="The same path in about a minute: few and small pictures.")
    @functools.wraps(verb)
    def with_recipe(*arguments: Any, recipe_name: str, smoke: bool, **options: Any) -> None:
        verb(*arguments, recipe=load_recipe(f"{recipe_name}{SMOKE}" if smoke else recipe_name), **options)

    return with_recipe


out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=REPOSITORY / "runs",
    help="Folder for runs and caches. Default: runs/ in the repository, which git ignores.",
)
