"""`python -m training failures`: where an evaluated bundle fails, from the answers that were kept."""

import json
from pathlib import Path

import click

from training.cli.options import EVALUATION_LOG, data_root_option, out_option, recipe_option
from training.recipe import Recipe


@click.command()
@recipe_option
@data_root_option
@out_option
def failures(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Counts an evaluated bundle's failures anew, from its kept answers; the look at the test part is logged.

    `evaluate` counts them too. This is for answers from before it did.
    """
    from training.bundles import require_bundle
    from training.datasets.parts import few, read_split
    from training.failures import recount

    records = read_split(recipe.split, data_root)
    run = out / recipe.name
    require_bundle(run / "bundle", recipe, records.identity)
    test = records.open_test(out / EVALUATION_LOG, f"failures of {recipe.name} {recipe.version}")
    click.echo(json.dumps(recount(run, few(test, recipe.images)), indent=2))
