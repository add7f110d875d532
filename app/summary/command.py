"""`flask --app wsgi summarise`: a finished run on one page, and what it is worth where its pictures are labelled."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.bulk.errors import BulkError
from app.bulk.results import read_results
from app.bulk.setup import model_of
from app.commands import CONFIG
from app.evaluation.labels import Labels, LabelsRejected, read_labels
from app.summary.evaluated import SUFFIX, Answered, Evaluated, evaluated, told, written
from app.summary.overview import Overview, overview, rows_at
from app.summary.page import Labelled, summary_page

FILE = click.Path(dir_okay=False, path_type=Path)
PAGES = (".html", ".htm")


def _page(path: Path | None) -> Path | None:
    """So that a slip of the pen never overwrites results or labels."""
    if path is not None and path.suffix.lower() not in PAGES:
        raise click.BadParameter(f"must end in {' or '.join(PAGES)}, not {path.name!r}")
    return path


LABELS = click.option(
    "--labels", type=FILE, help="CSV with the truth about the pictures: measures the answers, beside the results."
)
SUMMARY = click.option(
    "--summary", type=FILE, callback=lambda _context, _option, path: _page(path), help="HTML page to write."
)


@click.command("summarise")
@click.argument("results", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@LABELS
@SUMMARY
@with_appcontext
def summarise(results: Path, labels: Path | None, summary: Path | None) -> None:
    """Tells what the run that wrote RESULTS found.

    --labels measures it: the CSV has a column path (or file name, image_id), a column truth (or label, dx: benign and
    malignant, 0 and 1, or the model's classes) and, where several pictures show one lesion, a column lesion_id or
    patient_id. --summary writes a page to read and print.
    """
    if labels is None and summary is None:
        raise click.UsageError("Name --summary, --labels, or both: there is nothing to do otherwise.")
    conclude(results, known_labels(labels), summary)


class OtherModel(BulkError):
    """The results are of another model than the one that is set up."""


def known_labels(path: Path | None) -> Labels | None:
    """Reads labels. Raises ClickException, with the sentence that says what is wrong with them."""
    bundle = current_app.extensions["screener"].bundle
    with _told_to_the_user():
        return None if path is None else read_labels(path, {label.code: label.malignant for label in bundle.classes})


def conclude(results: Path, labels: Labels | None, summary: Path | None, *, run: str = "") -> None:
    """Writes what was asked for about a finished results file, and tells the figures on the terminal.

    Args:
        results: as `screen` wrote it; the evaluation is written beside it.
        labels: of its pictures.
        summary: page to write.
        run: a sentence on how long the run took, or nothing.

    Raises:
        ClickException: the labels do not fit the run, the results cannot be read or are of another model, or a file
            cannot be written. The results stay as they are.
    """
    if labels is None and summary is None:
        return
    with _told_to_the_user():
        found, measured = _measured(results, labels)
        if measured is not None:
            beside = results.with_name(results.stem + SUFFIX)
            _replace(beside, written(measured.figures, current_app.extensions["screener"].bundle))
            click.echo(told(measured.figures))
            click.echo(f"Evaluation: {beside}")
        if summary is not None:
            _replace(summary, _page_of(results, found, measured, run))
            click.echo(f"Summary: {summary}")


def _measured(results: Path, labels: Labels | None) -> tuple[Overview, Evaluated | None]:
    """What is in the file, and what the answers are worth where there are labels."""
    answered = Answered()
    rows = read_results(results)
    found = overview(rows if labels is None else answered.seen(rows))
    here = model_of(current_app.extensions[CONFIG].bundle)
    if others := set(found.models) - {here}:
        if "" in others:
            raise OtherModel(
                f"{results} does not say which model made it, as files of earlier versions do not; "
                "the same `screen` command again adds it."
            )
        raise OtherModel(
            f"{results} was made by {min(others)}, and {here} is set up; "
            "name the folder of that model in LESION_BUNDLE."
        )
    return found, None if labels is None else evaluated(answered, labels)


def _page_of(results: Path, found: Overview, measured: Evaluated | None, run: str) -> str:
    screener = current_app.extensions["screener"]
    labelled = None
    if measured is not None:
        missed = rows_at(read_results(results), measured.missed)
        labelled = Labelled(measured.figures, measured.truths, missed)
    return summary_page(found, screener.bundle, screener.limits, results_name=results.name, labelled=labelled, run=run)


@contextmanager
def _told_to_the_user() -> Iterator[None]:
    try:
        yield
    except (BulkError, LabelsRejected) as error:
        raise click.ClickException(str(error)) from error


def _replace(path: Path, text: str) -> None:
    """Writes a file as a whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
