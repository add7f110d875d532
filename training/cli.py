"""`python -m training <verb>`: parses, calls, prints. What a verb does stands in the module it calls."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click

from app.config import DEFAULT_BUNDLE
from training.datasets.splits import PROTOCOLS
from training.errors import TrainingError
from training.recipe import Recipe, load_recipe, recipe_names

REPOSITORY = Path(__file__).resolve().parent.parent
EVALUATION_LOG = "test_set_openings.jsonl"
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


class Verbs(click.Group):
    """Shows what the user can put right as one sentence."""

    def invoke(self, context: click.Context) -> object:
        """Runs the verb; a TrainingError becomes click's own kind of error."""
        try:
            return super().invoke(context)
        except TrainingError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Verbs, context_settings={"max_content_width": 110, "show_default": False})
def main() -> None:
    """Trains, exports and measures the models that the app serves."""


@main.group()
def data() -> None:
    """Reads, splits and preprocesses data sets."""


@data.command("split")
@click.option("--dataset", default="ham10000", show_default=True)
@click.option("--name", required=True, help="Name of the manifest in training/splits.")
@click.option("--protocol", type=click.Choice(list(PROTOCOLS)), default="lesion", show_default=True)
@click.option("--groups", type=click.Path(path_type=Path, exists=True), help="groups.json of `data audit`.")
@click.option("--seed", default=2024, show_default=True)
@data_root_option
def split_command(dataset: str, name: str, protocol: str, groups: Path | None, seed: int, data_root: Path) -> None:
    """Splits a data set, stratified by class, and writes the manifest."""
    from training.datasets.parts import read
    from training.datasets.splits import SPLITS_FOLDER, make_split

    if (SPLITS_FOLDER / f"{name}.json").exists():
        raise TrainingError(f"a split named {name!r} exists and models may depend on it; choose another name")
    merged = json.loads(groups.read_text(encoding="utf-8")) if groups else None
    records = read(dataset, data_root).records
    split = make_split(records, PROTOCOLS[protocol], name=name, seed=seed, groups=merged)
    click.echo(f"{split.save()}: {len(split.train)} / {len(split.validation)} / {len(split.test_ids)} images")


@data.command("audit")
@click.option("--dataset", "datasets", multiple=True, default=["ham10000", "kaggle_malignant_vs_benign", "isic2017"])
@click.option("--document", is_flag=True, help="Also write docs/figures/audit.json, which docs/data.md shows.")
@data_root_option
@out_option
def audit_command(datasets: tuple[str, ...], document: bool, data_root: Path, out: Path) -> None:  # noqa: FBT001
    """Finds the same picture and the same lesion within and across data sets; writes OUT/audit."""
    from training.audit.run import audit
    from training.datasets.parts import read
    from training.report import AUDIT

    read_sets = [read(name, data_root) for name in datasets]
    for dataset in read_sets:
        if dataset.skipped:
            click.echo(f"{dataset.name}: {len(dataset.skipped)} skipped, such as {dataset.skipped[0]}", err=True)
    findings = audit([record for dataset in read_sets for record in dataset.records], out / "audit")
    summary = json.dumps(findings.summary(), indent=2)
    if document:
        (REPOSITORY / AUDIT).write_text(summary + "\n", encoding="utf-8")
    click.echo(summary)
    click.echo(f"{out / 'audit'}: pairs.csv, summary.json, groups.json, index.html")


@data.command("roi")
@data_root_option
def roi_command(data_root: Path) -> None:
    """Measures Otsu's mask against HAM10000's expert masks; writes docs/figures/roi.json and roi.png."""
    from training.datasets.parts import read
    from training.roi import draw_roi, measure_roi, summarise_roi

    records = read("ham10000", data_root).records
    measures = measure_roi(records)
    folder = REPOSITORY / "docs" / "figures"
    draw_roi(records, measures, folder / "roi.png")
    summary = summarise_roi(measures)
    (folder / "roi.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(summary, indent=1))


@data.command("summary")
@click.option("--dataset", "datasets", multiple=True, default=["ham10000"], show_default=True)
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False), help="Folder to draw the tables into.")
@data_root_option
def summary_command(datasets: tuple[str, ...], figures: Path | None, data_root: Path) -> None:
    """Counts a data set by class, label scheme, age, sex, site and way of diagnosis."""
    from training.datasets.parts import read
    from training.datasets.summary import draw, summarise, to_markdown

    for name in datasets:
        dataset = read(name, data_root)
        summary = summarise(dataset)
        click.echo(to_markdown(name, summary))
        if figures:
            click.echo(draw(name, summary, figures))


@data.command("bilateral")
@click.option("--split", "split_name", default="ham10000-lesion", show_default=True)
@click.option("--images", default=400, show_default=True)
@click.option("--seed", default=1, show_default=True)
@data_root_option
def bilateral_command(split_name: str, images: int, seed: int, data_root: Path) -> None:
    """Measures bilateral filters on training images and writes docs/figures/bilateral.json."""
    from training.bilateral import as_json, measure_candidates
    from training.datasets.parts import read_split
    from training.datasets.splits import select
    from training.report import BILATERAL

    records, split = read_split(split_name, data_root)
    candidates = measure_candidates(select(records, split.train), images=images, seed=seed)
    path = REPOSITORY / BILATERAL
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(candidates, images=images, seed=seed), indent=1) + "\n", encoding="utf-8")
    click.echo(f"{path}: chosen {as_json(candidates, images=images, seed=seed)['chosen']}")


@main.command()
@recipe_option
@data_root_option
@out_option
def train(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Trains a recipe's student; goes on where an interrupted run stopped."""
    from training.datasets.parts import training_data
    from training.datasets.schemes import SCHEMES
    from training.fit import fit

    scheme = SCHEMES[recipe.scheme]
    fit(recipe, scheme, training_data(recipe, scheme, data_root, out / "cache"), out / recipe.name)


@main.command()
@recipe_option
@data_root_option
@out_option
def export(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Writes the trained student as fp16 TFLite into a draft bundle, with Keras' answers to 100 test images."""
    from training.datasets.parts import read_split
    from training.datasets.schemes import SCHEMES
    from training.datasets.splits import select
    from training.evaluate import PARITY_IMAGES
    from training.fit import checkpoint, epochs_done

    run = out / recipe.name
    if (done := epochs_done(run)) < recipe.fit.epochs:
        raise TrainingError(f"{run} holds {done} of {recipe.fit.epochs} epochs; run `train` first, or name --out")
    records, split = read_split(recipe.split, data_root)
    test = split.open_test(out / EVALUATION_LOG, f"parity of {recipe.name} {recipe.version} with Keras")
    parity = select(records, test[:PARITY_IMAGES])
    import keras

    from training.export import export as export_bundle

    folder = export_bundle(
        recipe, SCHEMES[recipe.scheme], keras.models.load_model(checkpoint(run, recipe.fit.epochs)), parity, run
    )
    click.echo(f"{folder}: {(folder / 'model.tflite').stat().st_size / 1000:.2f} KB")


@main.command()
@recipe_option
@data_root_option
@out_option
def calibrate(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Fits the calibration of a run's bundle on the validation part."""
    from training.datasets.parts import read_split
    from training.datasets.splits import select
    from training.evaluate import calibrate as fit_calibration

    records, split = read_split(recipe.split, data_root)
    click.echo(fit_calibration(out / recipe.name / "bundle", select(records, split.validation)))


@main.command()
@recipe_option
@data_root_option
@out_option
def evaluate(recipe: Recipe, data_root: Path, out: Path) -> None:
    """Measures a run's bundle on the test part, once it is calibrated; each time is logged."""
    from training.bundles import read_manifest
    from training.datasets.parts import read_split
    from training.datasets.splits import select
    from training.evaluate import evaluate as evaluate_bundle

    run = out / recipe.name
    if read_manifest(run / "bundle")["calibration"] is None:
        raise TrainingError(f"{run / 'bundle'} is not calibrated; run `calibrate` first")
    records, split = read_split(recipe.split, data_root)
    test = split.open_test(out / EVALUATION_LOG, f"metrics of {recipe.name} {recipe.version}")
    click.echo(json.dumps(evaluate_bundle(run / "bundle", select(records, test), run), indent=2))


@main.command()
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=DEFAULT_BUNDLE,
    help="Bundle that the documents describe. Default: the one that the app serves.",
)
def report(bundle: Path) -> None:
    """Writes the model card and every figure in README and docs from the artifacts."""
    from training.report import write_card, write_documents

    click.echo(write_card(bundle))
    for path in write_documents(REPOSITORY, bundle):
        click.echo(path)


@main.command()
@recipe_option
@data_root_option
@out_option
def release(recipe: Recipe, data_root: Path, out: Path) -> None:
    """From the publisher's files to model_store: train, export, calibrate, evaluate, card. About an hour on 2 cores."""
    from training.bundles import release as copy_bundle
    from training.report import write_card

    for verb in ("train", "export", "calibrate", "evaluate"):
        # A process each: TensorFlow, which trains and exports, must not meet the TFLite runtime that evaluates.
        command = [sys.executable, "-m", "training", verb, "--recipe", recipe.name]
        click.secho(f"{verb} {recipe.name}", bold=True)
        subprocess.run([*command, "--data-root", str(data_root), "--out", str(out)], check=True, cwd=REPOSITORY)
    bundle = out / recipe.name / "bundle"
    write_card(bundle)
    click.echo(copy_bundle(bundle, DEFAULT_BUNDLE.parent))
