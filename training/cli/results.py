"""`python -m training compare`, `agree` and `ensemble`: of evaluated runs, without opening the test part again."""

import json
from pathlib import Path

import click

from training.cli.options import out_option


@click.command()
@click.argument("first")
@click.argument("second")
@out_option
def compare(first: str, second: str, out: Path) -> None:
    """Paired bootstrap over lesions: the metrics of recipe FIRST less those of SECOND, both evaluated."""
    from app.evaluation.bootstrap import BOOTSTRAP_SEED
    from training.compare import paired_differences
    from training.predictions import read_predictions

    one, other = read_predictions([out / first, out / second])
    differences = paired_differences([one.answers], [other.answers], one.groups, seed=BOOTSTRAP_SEED)
    click.echo(json.dumps(differences, indent=1))


@click.command()
@click.argument("first")
@click.argument("second")
@out_option
def agree(first: str, second: str, out: Path) -> None:
    """How alike recipes FIRST (the teacher) and SECOND answer the test part: decisions, kappa, KL, correlation."""
    from app.evaluation.bootstrap import BOOTSTRAP_SEED
    from training.agreement import agreement
    from training.predictions import read_predictions

    one, other = read_predictions([out / first, out / second])
    click.echo(json.dumps(agreement(one, other, seed=BOOTSTRAP_SEED), indent=1))


@click.command()
@click.option("--name", required=True, help="Of the ensemble and its folder in OUT.")
@click.argument("recipes", nargs=-1, required=True)
@out_option
def ensemble(name: str, recipes: tuple[str, ...], out: Path) -> None:
    """Averages the class probabilities of evaluated RECIPES; writes OUT/NAME/evaluation.json as `evaluate` does."""
    from training.ensemble import ensemble as average

    evaluation = average(name, [out / recipe for recipe in recipes], out / name)
    click.echo(json.dumps(evaluation["metrics"], indent=2))
