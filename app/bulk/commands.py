"""`flask --app wsgi screen`: the options, and what the user is told."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.bulk.errors import BulkError, need
from app.bulk.files import Listed, Listing, Own
from app.bulk.picture import Answer
from app.bulk.processes import Job, Processes
from app.bulk.run import Done, Plan, check_output, run
from app.bulk.setup import setup_of
from app.bulk.work import Team
from app.commands import CONFIG
from app.ops.machine import cores
from app.screening.bundle import BundleRejected
from app.summary.command import LABELS, SUMMARY, conclude, known_labels

CLUSTER_FILE = "requirements-cluster.txt"
CHUNK, CLUSTER_CHUNK = 8, 32
"""Files that a process is given at a time: so many may have to be screened again where one dies. A cluster's task costs
more beside the work."""


TeamMaker = Callable[[Listed], AbstractContextManager[Team]]


@click.command("screen")
@click.argument("paths", metavar="PATH...", nargs=-1)
@click.option(
    "--output", metavar="FILE", type=click.Path(path_type=Path), required=True, help="results.csv or .parquet"
)
@click.option(
    "--list", "lists", metavar="FILE", multiple=True, help="A path a line, or as `find -print0` writes; - reads it."
)
@click.option("--jobs", type=click.IntRange(1, 1024), help="Processes on this machine. [default: one a core]")
@click.option("--explain", metavar="DIR", type=click.Path(path_type=Path), help="Writes a heat map a picture there.")
@LABELS
@SUMMARY
@click.option("--cluster", metavar="ADDRESS", help="Screens on a Dask cluster, such as tcp://scheduler:8786.")
@with_appcontext
def screen(
    paths: tuple[str, ...],
    output: Path,
    lists: tuple[str, ...],
    jobs: int | None,
    explain: Path | None,
    labels: Path | None,
    summary: Path | None,
    cluster: str | None,
) -> None:
    """Screens every picture of PATH...: files, folders with all below, globs, s3://bucket/folder.

    Writes a row a picture. A picture that cannot be screened is a row that says why. Interrupted in whatever way, the
    same command goes on where it stopped; run again, it screens what is new or has changed. docs/bulk.md has the rest.
    """
    if not paths and not lists:
        raise click.UsageError("Name files or folders, or a --list of them.")
    if cluster and jobs:
        raise click.UsageError("--jobs is for this machine alone; a --cluster has its own workers.")
    truths = known_labels(labels)  # first: a mistake in them shows before a long run
    try:
        check_output(output)
        done = run(*_planned(paths, lists, output, jobs, explain, summary, cluster), say=_say, watched=_watched)
    except BulkError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        _say(f"Stopped. The same command goes on from here; {output} is written when all is done.")
        sys.exit(130)
    _summarise(done, output)
    conclude(output, truths, summary, run=_pace(done))


def _planned(
    paths: tuple[str, ...],
    lists: tuple[str, ...],
    output: Path,
    jobs: int | None,
    explain: Path | None,
    summary: Path | None,
    cluster: str | None,
) -> tuple[Plan, TeamMaker]:
    config = current_app.extensions[CONFIG]
    if explain:
        try:
            explain.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BulkError(f"The folder {str(explain)!r} cannot be made ({error.strerror}).") from error
    heat_maps = str(explain.resolve()) if explain else ""
    listing = Listing(paths, lists, Own(output, heat_maps, summary))
    try:
        setup = setup_of(config.bundle, config.limits)
    except BundleRejected as error:
        raise BulkError(str(error)) from error
    job = Job(setup, config.bundle, config.limits, heat_maps)
    plan = Plan(
        listing,
        output,
        current_app.extensions["screener"].bundle,
        setup,
        heat_maps,
        CLUSTER_CHUNK if cluster else CHUNK,
    )
    if cluster:
        need("distributed", "--cluster", CLUSTER_FILE)
        from app.bulk.cluster import Cluster

        return plan, lambda first: Cluster(cluster, job, first)
    return plan, lambda _: Processes(job, jobs or cores())


def _watched(count: int, found: Iterator[list[Answer]]) -> Iterator[list[Answer]]:
    """Lets answers through; on a terminal it shows how many there are, how fast they come and when all are there."""
    started, done = time.monotonic(), 0

    def rate(_: object) -> str:
        return f"{done / max(time.monotonic() - started, 1e-9):,.1f} pictures/s"

    with click.progressbar(
        length=count, show_pos=True, item_show_func=rate, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        for entries in found:
            done += len(entries)
            yield entries
            bar.update(len(entries), entries)


def _summarise(done: Done, output: Path) -> None:
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(done.counts.items()))
    _say(f"{done.files:,} files: {counts}.")
    if done.screened:
        _say(_pace(done))
        _say(f"Results: {output}")


def _pace(done: Done) -> str:
    if not done.screened:
        return ""
    return f"Screened {done.screened:,} in {done.seconds:,.0f} s, {done.screened / done.seconds:,.1f} a second."


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)
