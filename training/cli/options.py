"""Options that several verbs share."""

import os
from pathlib import Path

import click

from app.config import REPOSITORY
from training.recipe import load_recipe, recipe_names

DEFAULT_DATA_ROOT = Path(os.environ.get("LESION_DATA_ROOT", REPOSITORY.parent / "shared" / "data"))

data_root_option = click.option(
    "--data-root",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DATA_ROOT,
    help="Folder that holds ham10000/ and the others. Default: $LESION_DATA_ROOT, else ../shared/data.",
)
recipe_option = click.option(
    "--recipe",
    required=True,
    callback=lambda _context, _option, name: load_recipe(name),
    help=f"One of: {', '.join(recipe_names())}.",
)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=REPOSITORY / "runs",
    help="Folder for runs and caches. Default: runs/ in the repository, which git ignores.",
)
