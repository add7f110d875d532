"""`python -m training evidence`: a recipe beside its arms, on validation."""

import json
from pathlib import Path

import click

from training.cli.options import data_root_option, out_option, recipe_option
from training.errors import TrainingError
from training.recipe import ARM, Recipe, load_recipe


@click.command()
@recipe_option
@click.option("--beside", multiple=True, help="Another recipe to be compared; may be given several times.")
@click.option("--document", is_flag=True, help="Write it into docs/figures/evidence.json, from which the card has it.")
@data_root_option
@out_option
def evidence(recipe: Recipe, beside: tuple[str, ...], *, document: bool, data_root: Path, out: Path) -> None:
    """Compares all trained arms of a recipe (NAME+ARM), and others, with it: paired bootstrap on validation."""
    from training.arms import arms
    from training.evidence import evidence as compare
    from training.evidence import finished, write_evidence

    trained = finished([load_recipe(f"{recipe.name}{ARM}{name}") for name in arms(recipe)], out)
    others = [*trained, *(load_recipe(name) for name in beside)]
    if not others:
        listed = ", ".join(f"{recipe.name}{ARM}{name}" for name in arms(recipe))
        raise TrainingError(f"no arm of {recipe.name} is trained; there are {listed}")
    found = compare(recipe, others, data_root, out)
    if document:
        write_evidence(found)
    click.echo(json.dumps(found, indent=1))
