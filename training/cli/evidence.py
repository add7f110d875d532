"""`python -m training evidence`: a recipe beside its arms, on validation."""

import json
from pathlib import Path

import click

from training.cli.footprint import NO_FIGURE
from training.cli.options import data_root_option, out_option, recipe_option
from training.errors import TrainingError
from training.recipe import Recipe, load_recipe


@click.command()
@recipe_option
@click.option("--beside", multiple=True, help="Another recipe to be compared; may be given several times.")
@click.option("--document", is_flag=True, help="Write it into docs/figures/evidence.json, from which the card has it.")
@data_root_option
@out_option
def evidence(recipe: Recipe, beside: tuple[str, ...], *, document: bool, data_root: Path, out: Path) -> None:
    """Compares all trained arms of a recipe (NAME+ARM), and others, with it: paired bootstrap on validation."""
    from training.arms import arm_name, arms
    from training.evidence import evidence as compare
    from training.evidence import trained, write_evidence

    if document and recipe.images is not None:
        raise TrainingError(NO_FIGURE)
    names = [arm_name(recipe, arm) for arm in arms(recipe)]
    changed = [load_recipe(name) for name in names]
    others = [arm for arm in changed if trained(arm, recipe.seeds, out)]
    others += [load_recipe(name) for name in beside]
    if not others:
        raise TrainingError(f"no arm of {recipe.name} is trained; there are {', '.join(names)}")
    found = compare(recipe, others, data_root, out)
    if document:
        write_evidence(found)
    click.echo(json.dumps(found, indent=1))
    for arm in changed:
        if arm not in others and (out / arm.name).is_dir():
            click.echo(f"left out: {arm.name} is not finished", err=True)
