"""The verbs about ablation studies."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.cli.options import data_root_option, out_option, recipe_option
from training.errors import TrainingError
from training.recipe import Recipe

if TYPE_CHECKING:
    from training.ablate.plan import Plan
    from training.ablate.results import Trial

STORAGE_VARIABLE = "LESION_ABLATION_STORAGE"


@click.group()
def ablate() -> None:
    """Ablation studies: one factor at a time about a recipe, several seeds, many workers."""


def plan_options(verb: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is studied; the verb gets them as `plan`."""

    @recipe_option
    @click.option("--factors", help="Comma-separated; default: all that the recipe has. `ablate plan` lists them.")
    @click.option(
        "--arms", help="distilled (with the recipe's teachers), hard (hard labels alone) or both; default: all it has."
    )
    @click.option("--seeds", default=3, show_default=True, help="Trials of each setting.")
    @click.option("--epochs", type=int, help="Of the base, in the place of the recipe's.")
    @click.option("--images", type=int, help="So many of the training part; validation stays whole. Default: all.")
    @functools.wraps(verb)
    def with_plan(
        *arguments: Any, recipe: Recipe, factors: str | None, arms: str | None, seeds: int, epochs: int | None,
        images: int | None, **options: Any,
    ) -> None:  # fmt: skip
        from training.ablate.plan import make_plan

        plan = make_plan(recipe, factors=_names(factors), arms=_names(arms), seeds=seeds, epochs=epochs, images=images)
        verb(*arguments, plan=plan, **options)

    return with_plan


storage_option = click.option(
    "--storage",
    envvar=STORAGE_VARIABLE,
    help=f"Database URL for workers on many machines, or ${STORAGE_VARIABLE}. Default: SQLite in OUT/ablation.",
)


@ablate.command("plan")
@plan_options
def plan_command(plan: "Plan") -> None:
    """Lists the trials without running any."""
    for cell in plan.cells:
        click.echo(cell.name)
    for name, reason in plan.left_out:
        click.echo(f"left out: {name}: {reason}")
    click.echo(
        f"{plan.name}: {len(plan.cells)} trials, {sum(cell.recipe.fit.epochs for cell in plan.cells)} epochs in all, "
        f"at most {max(cell.recipe.fit.epochs for cell in plan.cells)} a trial"
    )


@ablate.command("run")
@plan_options
@storage_option
@click.option("--workers", default=1, show_default=True, help="Processes on this machine.")
@click.option("--worker", is_flag=True, hidden=True)
@data_root_option
@out_option
def run_command(*, plan: "Plan", storage: str | None, workers: int, worker: bool, data_root: Path, out: Path) -> None:
    """Trains what is not done yet; the same command elsewhere, with the same --storage, helps.

    An interrupted study goes on where it was. The trial of a worker that was killed is taken up again after two
    minutes.
    """
    from training.ablate.storage import default_storage, hold_to, open_study
    from training.ablate.trial import Trainer
    from training.ablate.work import done, queue, work

    if workers < 1:
        raise TrainingError("--workers is a whole number from 1; give another")
    url = storage or default_storage(out, plan)
    study = open_study(plan, url)
    trainer = Trainer(plan, data_root, out)
    if worker:
        work(study, plan.cells, trainer.train)
        return
    queue(study, plan.cells)
    hold_to(study, trainer.prepare())
    if workers == 1:
        work(study, plan.cells, trainer.train)
    else:
        _start_workers(workers, url)
    missing = len(plan.cells) - len(done(study, plan.cells))
    if missing:
        raise TrainingError(f"{missing} of {len(plan.cells)} trials are not done; the same command goes on there")
    _write_table(plan, url, out)


@ablate.command("table")
@plan_options
@storage_option
@out_option
def table_command(plan: "Plan", storage: str | None, out: Path) -> None:
    """Prints the study's table and writes it to OUT/ablation/NAME, with table.json beside it."""
    _write_table(plan, storage, out)


@ablate.command("figure")
@plan_options
@storage_option
@out_option
def figure_command(plan: "Plan", storage: str | None, out: Path) -> None:
    """Draws OUT/ablation/NAME/figure.png: a panel a factor, a point a seed, the base as a line."""
    from training.ablate.figure import draw

    path = out / "ablation" / plan.name / "figure.png"
    draw(plan, _trials(plan, storage, out), path)
    click.echo(path)


def _names(values: str | None) -> list[str]:
    return [name.strip() for name in values.split(",") if name.strip()] if values else []


def _start_workers(workers: int, url: str) -> None:
    """The same command once a worker, each with its share of the cores; the URL, maybe with a password, in no `ps`."""
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    environment = {
        **os.environ, STORAGE_VARIABLE: url, "TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads,
    }  # fmt: skip
    command = [sys.executable, "-m", "training", *sys.argv[1:], "--worker"]
    running = [subprocess.Popen(command, env=environment) for _ in range(workers)]
    try:
        codes = [process.wait() for process in running]
    except BaseException:
        for process in running:
            process.terminate()
        raise
    if failed := sum(map(bool, codes)):
        click.echo(f"{failed} of {workers} workers ended early; what they said stands above", err=True)


def _trials(plan: "Plan", storage: str | None, out: Path) -> "list[Trial]":
    from training.ablate.results import read_trials
    from training.ablate.storage import default_storage, open_study

    return read_trials(open_study(plan, storage or default_storage(out, plan)))


def _write_table(plan: "Plan", storage: str | None, out: Path) -> None:
    from training.ablate.table import to_json, to_markdown

    trials = _trials(plan, storage, out)
    folder = out / "ablation" / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.json").write_text(json.dumps(to_json(plan, trials), indent=1) + "\n", encoding="utf-8")
    table = to_markdown(plan, trials)
    (folder / "table.md").write_text(table, encoding="utf-8")
    click.echo(table)
