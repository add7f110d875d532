"""`variants` and `runtimes`: what a model costs where it runs."""

import json
import tempfile
from pathlib import Path
from typing import Any

import click

from app.config import REPOSITORY
from training.cli.options import data_root_option, out_option, recipe_option
from training.errors import TrainingError
from training.recipe import Recipe

SMOKE_ROUNDS = 5
NO_FIGURE = "what --smoke measures is no figure for the documents; leave --document out"
FULL_SIDE = 224
"""Pixels on a side of what the published backbones take."""


@click.command()
@recipe_option
@click.option("--document", is_flag=True, help="Also write docs/figures/variants.json, which docs/model.md shows.")
@data_root_option
@out_option
def variants(recipe: Recipe, document: bool, data_root: Path, out: Path) -> None:  # noqa: FBT001
    """Compares number formats and pruning of a run's network on the validation part; writes RUN/variants.json."""
    from app.screening.screener import Screener
    from training.apart import in_own_process
    from training.bundles import require_bundle
    from training.datasets.cache import preprocessed
    from training.datasets.parts import read_split
    from training.report.documents import VARIANTS
    from training.report.footprint_tables import variants_table
    from training.variants import ROUNDS, measure_variants

    records = read_split(recipe.split, data_root, recipe.images)
    run = out / recipe.name
    require_bundle(run / "bundle", recipe, records.identity)
    small = recipe.images is not None
    if small and document:
        raise TrainingError(NO_FIGURE)
    with tempfile.TemporaryDirectory() as folder:
        in_own_process(_write_variants, recipe, data_root, run, Path(folder))
        contents = {path.stem: path.read_bytes() for path in Path(folder).glob("*.tflite")}
    measured = measure_variants(
        contents,
        Screener.from_folder(run / "bundle"),
        records.validation,
        preprocessed(records.validation, recipe.preprocess, out / "cache"),
        rounds=SMOKE_ROUNDS if small else ROUNDS,
    )
    _write(measured, run / "variants.json", REPOSITORY / VARIANTS if document else None)
    click.echo(variants_table(measured))


def _write_variants(recipe: Recipe, data_root: Path, run: Path, folder: Path) -> None:
    """In a process of its own, since it imports TensorFlow."""
    from training.variant_files import write_variants

    write_variants(recipe, data_root, run, folder)


def _write(measured: dict[str, Any], path: Path, figures: Path | None) -> None:
    for target in (path, figures):
        if target:
            target.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
            click.echo(target, err=True)


@click.command()
@click.option("--smoke", is_flag=True, help="Two small networks on pictures of 64×64.")
@click.option("--document", is_flag=True, help="Also write docs/figures/runtimes.json, which docs/model.md shows.")
@out_option
def runtimes(smoke: bool, document: bool, out: Path) -> None:  # noqa: FBT001
    """Times the students and what is shipped beside the field's backbones, one thread; writes OUT/runtimes.json."""
    from app.screening.bundle import MODEL_FILE
    from training.apart import in_own_process
    from training.bundles import read_manifest, shipped_bundles
    from training.recipe import SMOKE_SIDE
    from training.report.documents import RUNTIMES
    from training.report.footprint_tables import runtimes_table
    from training.runtimes import BACKBONES, ROUNDS, SMALL, STUDENTS, measure_runtimes

    if smoke and document:
        raise TrainingError(NO_FIGURE)
    names, side = (SMALL, SMOKE_SIDE) if smoke else ((*STUDENTS, *BACKBONES), FULL_SIDE)
    with tempfile.TemporaryDirectory() as folder:
        in_own_process(_write_networks, names, side, Path(folder))
        contents = {name: (Path(folder) / f"{name}.tflite").read_bytes() for name in names}
        parameters = json.loads((Path(folder) / "parameters.json").read_text(encoding="utf-8"))
    for bundle in [] if smoke else shipped_bundles():
        contents[bundle.name] = (bundle / MODEL_FILE).read_bytes()
        parameters[bundle.name] = read_manifest(bundle)["training"]["parameters"]
    measured = measure_runtimes(contents, parameters, side=side, rounds=SMOKE_ROUNDS if smoke else ROUNDS)
    out.mkdir(parents=True, exist_ok=True)
    _write(
        measured,
        out / ("runtimes-smoke.json" if smoke else "runtimes.json"),
        REPOSITORY / RUNTIMES if document else None,
    )
    click.echo(runtimes_table(measured))


def _write_networks(names: tuple[str, ...], side: int, folder: Path) -> None:
    """In a process of its own, since it imports TensorFlow."""
    from training.runtime_files import write_networks

    write_networks(names, side, folder)
