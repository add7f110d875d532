"""The verbs, from training to release."""

import json
from pathlib import Path

import click

from app.config import DEFAULT_BUNDLE, REPOSITORY
from app.screening.bundle import BundleRejected
from training.cli.ablate import ablate
from training.cli.curves import curves
from training.cli.data import data
from training.cli.evidence import evidence
from training.cli.external import external
from training.cli.failures import failures
from training.cli.footprint import runtimes, variants
from training.cli.options import EVALUATION_LOG, data_root_option, out_option, recipe_option
from training.cli.release import release
from training.cli.results import agree, compare, ensemble
from training.errors import TrainingError
from training.recipe import Recipe, load_recipe, purpose, recipe_names

OTHER_IMAGES = 400
"""Real pictures of another data set that candidates for the gate are compared on."""


class Verbs(click.Group):
    """Shows what the user can put right as one sentence."""

    def invoke(self, context: click.Context) -> object:
        """Runs the verb; a TrainingError becomes click's own kind of error."""
        try:
            return super().invoke(context)
        except (TrainingError, BundleRejected) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Verbs, context_settings={"max_content_width": 110, "show_default": False})
def main() -> None:
    """Trains, exports and measures the models that the app serves."""


for verb in (data, ablate, compare, agree, curves, ensemble, evidence, external, failures, release, variants, runtimes):
    main.add_command(verb)


@main.command()
@recipe_option
@data_root_option
@out_option
def train(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Trains a recipe's network on hard labels; goes on where an interrupted run stopped."""
    from training.datasets.parts import training_data
    from training.datasets.schemes import SCHEMES
    from training.fit import fit

    if recipe.distil:
        raise TrainingError(f"{recipe.name} learns from {' and '.join(recipe.distil.teachers)}: use `distil`")
    scheme = SCHEMES[recipe.scheme]
    fit(recipe, scheme, training_data(recipe, scheme, data_root, out / "cache"), out / recipe.name)


@main.command()
@recipe_option
@data_root_option
@out_option
def distil(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Asks a recipe's trained teachers for soft labels, keeps them, and trains its student on them; resumes both."""
    from training.datasets.parts import training_data
    from training.datasets.schemes import SCHEMES
    from training.distil import teachers_soft_labels
    from training.fit import fit

    scheme = SCHEMES[recipe.scheme]
    soft_labels = teachers_soft_labels(recipe, data_root, out)
    data = training_data(recipe, scheme, data_root, out / "cache")
    fit(recipe, scheme, data, out / recipe.name, soft_labels)


@main.command("soft-labels")
@recipe_option
@data_root_option
@out_option
def soft_labels(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Asks a recipe's trained teachers and puts their answers into label_store, from which it is made again."""
    from training.distil import keep_soft_labels

    if recipe.images is not None:
        raise TrainingError("what is kept is of the whole training part; leave out --smoke")
    for folder in keep_soft_labels(recipe, data_root, out):
        click.echo(folder)


@main.command()
@recipe_option
@data_root_option
@out_option
def export(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Writes the trained network as fp16 TFLite into a draft bundle, with Keras' answers to 100 test images.

    Where half precision changes its answers, as it may of a large teacher, it stays in float32.
    """
    from training.datasets.parts import read_split
    from training.datasets.schemes import SCHEMES
    from training.evaluate import PARITY_IMAGES
    from training.run_folder import RunFolder

    records = read_split(recipe.split, data_root)
    run = RunFolder(out / recipe.name)
    run.require(recipe, records.identity)
    trained = run.result(recipe.fit)
    test = records.open_test(out / EVALUATION_LOG, f"parity of {recipe.name} {recipe.version} with Keras")
    from training.export import export as export_bundle
    from training.seeds import spread
    from training.trained import load_trained

    folder = export_bundle(
        recipe,
        SCHEMES[recipe.scheme],
        load_trained(recipe, trained),
        training_records=records.train,
        parity_records=test[:PARITY_IMAGES],
        run=run.path,
        seeds=spread(recipe, out),
    )
    click.echo(f"{folder}: {(folder / 'model.tflite').stat().st_size / 1000:.2f} KB")


@main.command()
@recipe_option
@data_root_option
@out_option
def calibrate(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Chooses and fits the calibration of a run's bundle on the validation part."""
    from training.bundles import require_bundle
    from training.datasets.parts import read_split
    from training.evaluate import calibrate as fit_calibration
    from training.evaluation import forget_evaluation

    records = read_split(recipe.split, data_root, recipe.images)
    bundle = out / recipe.name / "bundle"
    require_bundle(bundle, recipe, records.identity)
    forget_evaluation(out / recipe.name)
    click.echo(json.dumps(fit_calibration(bundle, records.validation), indent=2))


@main.command()
@recipe_option
@data_root_option
@out_option
def gate(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Fits what a run's bundle refuses as unlike its training pictures, after comparing ways to tell."""
    from training.bundles import require_bundle
    from training.datasets import isic2017
    from training.datasets.parts import few, read, read_split
    from training.datasets.records import DatasetError
    from training.evaluation import forget_evaluation
    from training.gate.fit import fit_gate
    from training.report.gate_tables import compared_table

    records = read_split(recipe.split, data_root, recipe.images)
    bundle = out / recipe.name / "bundle"
    require_bundle(bundle, recipe, records.identity)
    forget_evaluation(out / recipe.name)
    try:
        elsewhere = [record for record in read(isic2017.NAME, data_root).records if record.part == "train"]
    except DatasetError as error:
        click.echo(f"without {isic2017.NAME}: {error}", err=True)
        elsewhere = []
    others = {isic2017.NAME: few(elsewhere, recipe.images or OTHER_IMAGES)} if recipe.dataset != isic2017.NAME else {}
    fitted = fit_gate(bundle, records.train, records.validation, others)
    click.echo(compared_table(fitted))


@main.command()
@recipe_option
@data_root_option
@out_option
def evaluate(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Measures a run's bundle on the test part, once it is calibrated; each time is logged."""
    from training.bundles import require_bundle
    from training.datasets.parts import few, read_split
    from training.evaluate import evaluate as evaluate_bundle

    records = read_split(recipe.split, data_root)
    run = out / recipe.name
    if require_bundle(run / "bundle", recipe, records.identity)["calibration"] is None:
        raise TrainingError(f"{run / 'bundle'} is not calibrated; run `calibrate` first")
    test = records.open_test(out / EVALUATION_LOG, f"metrics of {recipe.name} {recipe.version}")
    click.echo(json.dumps(evaluate_bundle(run / "bundle", few(test, recipe.images), run), indent=2))


@main.command()
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=DEFAULT_BUNDLE,
    help="Bundle that the documents describe. Default: the one that the app serves.",
)
@click.option(
    "--runs",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of runs whose evaluations are to be taken into docs/results first. Default: none are.",
)
def report(bundle: Path, runs: Path | None) -> None:
    """Writes the model cards and every table and figure in README and docs from the artifacts."""
    from training.bundles import shipped_bundles
    from training.report.card import write_card
    from training.report.documents import draw_figures, write_documents
    from training.report.results import collect, draw_results

    for path in collect(runs, REPOSITORY) if runs else ():
        click.echo(path)
    for each in dict.fromkeys([bundle.absolute(), *shipped_bundles()]):
        click.echo(write_card(each))
    for path in (*draw_results(REPOSITORY), *draw_figures(REPOSITORY), *write_documents(REPOSITORY, bundle)):
        click.echo(path)


@main.command()
def recipes() -> None:
    """Lists the recipes: what each trains, and how large that is."""
    from training.datasets.schemes import SCHEMES
    from training.models.networks import sizes
    from training.weights import WeightsMissing

    for name in recipe_names():
        recipe = load_recipe(name)
        classes = len(SCHEMES[recipe.scheme].classes)
        click.secho(name, bold=True)
        click.echo(f"  {purpose(name)}")
        try:
            parameters, learning = sizes(recipe.network, recipe.preprocess.output_size, classes)
        except WeightsMissing as error:
            click.echo(f"  {error}")
            continue
        taught = f", taught by {' and '.join(recipe.distil.teachers)}" if recipe.distil else ""
        click.echo(
            f"  {recipe.dataset} as {recipe.split}; {recipe.network.name}: {parameters:,} parameters, {learning:,} "
            f"learn{taught}; {recipe.fit.epochs} epochs"
        )
