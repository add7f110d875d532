"""`python -m training external`: the test on another publisher's pictures."""

import json
from pathlib import Path

import click

from training.cli.options import EVALUATION_LOG, data_root_option, out_option, recipe_option
from training.recipe import Recipe


def can_be_measured(recipe: Recipe, data_root: Path) -> bool:
    """Whether a recipe's bundle tells melanoma apart, has not learnt from ISIC 2017, and that data set is at hand."""
    from training.datasets import isic2017
    from training.datasets.schemes import SCHEMES

    told = "mel" in SCHEMES[recipe.scheme].classes
    return told and recipe.dataset != isic2017.NAME and (data_root / isic2017.NAME).is_dir()


@click.command()
@recipe_option
@data_root_option
@out_option
@click.option(
    "--part",
    type=click.Choice(["test", "train"]),
    default="test",
    help="train: prints what the training part shows, on which choices may rest. Default: test.",
)
def external(recipe: Recipe, data_root: Path, out: Path, part: str) -> None:
    """Measures a run's bundle on the test part of ISIC 2017, which no choice has ever seen; each time is logged."""
    from training.bundles import require_bundle
    from training.datasets import isic2017
    from training.datasets.manifests import log_opening
    from training.datasets.parts import few, read, read_split
    from training.external import evaluate_external, external_part, measure_external

    bundle = out / recipe.name / "bundle"
    require_bundle(bundle, recipe, read_split(recipe.split, data_root).identity)
    records = few(external_part(read(isic2017.NAME, data_root), part), recipe.images)
    if part != "test":
        click.echo(json.dumps(measure_external(bundle, records, part), indent=2))
        return
    log_opening(out / EVALUATION_LOG, f"{isic2017.NAME} test part", f"external {recipe.name} {recipe.version}")
    click.echo(json.dumps(evaluate_external(bundle, records), indent=2))
