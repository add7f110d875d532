"""A run from the listing to the results file. It goes on where an earlier one stopped, and says what it does."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from app.bulk.errors import BulkError
from app.bulk.files import Listed, Listing
from app.bulk.journal import Journal
from app.bulk.picture import Answer
from app.bulk.results import MODEL, columns, need_parquet, suffix_of, write_results
from app.bulk.setup import Setup
from app.bulk.work import Team, answers
from app.screening.bundle import ModelBundle
from app.screening.table import Cell

WRITTEN = "written"
"""Note of the journal: SHA-256 of the results file as it was, if any, and as it is, or is about to be, written."""

LISTED = "listed"
"""Note of the journal: what the results file was written of, and its columns."""

Say = Callable[[str], None]
Watched = Callable[[int, Iterator[list[Answer]]], Iterator[list[Answer]]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    listing: which files.
    output: the results file.
    bundle: of the model, for its classes and its version.
    setup: what the answers depend on.
    heat_maps: folder for heat maps; empty for none.
    chunk_size: files that a process is given at a time.
    """

    listing: Listing
    output: Path
    bundle: ModelBundle
    setup: Setup
    heat_maps: str
    chunk_size: int


@dataclass(frozen=True, slots=True)
class Done:
    """What a run did.

    Attributes:
        files: listed.
        screened: now; the others had their answers from earlier runs.
        seconds: that it took, from the start of the team on.
        counts: {assessment, or "errors": files}.
    """

    files: int
    screened: int
    seconds: float
    counts: dict[str, int]


def run(plan: Plan, team: Callable[[Listed], AbstractContextManager[Team]], say: Say, watched: Watched) -> Done:
    """Screens what has no answer yet, and writes the results file.

    Args:
        plan: what to do.
        team: makes the processes, given the first file; called only where there is something to screen.
        say: tells the user a sentence.
        watched: shows progress: given (how many, lists of answers), gives the lists back.

    Raises:
        BulkError: it cannot begin or go on. Every answer so far is in the journal.
    """
    check_output(plan.output)
    journal_path = plan.output.with_name(f"{plan.output.name}.journal")
    _set_aside_if_other(plan, journal_path, say)
    with Journal(journal_path) as journal:
        _check_is_ours(plan.output, journal)
        journal.setup = plan.setup
        files = journal.list_anew(plan.listing, plan.heat_maps)
        if not files:
            raise BulkError(f"No picture was found{_left_out(plan.listing)}.")
        names = columns([label.code for label in plan.bundle.classes])
        digest, remaining = " ".join([journal.listing_digest(), *names]), journal.open_count()
        if not remaining and journal.note(LISTED) == digest and plan.output.exists():
            say(f"Nothing to do: {plan.output} has all {files:,} files, and neither they nor the model changed.")
            return Done(files, 0, 0.0, journal.counts())
        if remaining < files:
            say(f"{files - remaining:,} of {files:,} files have their answers already.")
        if plan.listing.left_out:
            say(f"Left out of the folders, since they do not end like pictures: {plan.listing.left_out:,}.")
        journal.write_note(LISTED, "")  # until the results file has been written anew
        journal.commit()
        started = time.monotonic()
        if remaining:
            with team(next(journal.open_work())) as members:
                for found in watched(remaining, answers(journal.open_work(), members, plan.chunk_size)):
                    journal.record(found)
        seconds = time.monotonic() - started
        journal.commit()
        _write(plan, names, journal)
        journal.write_note(LISTED, digest)
        return Done(files, remaining, seconds, journal.counts())


def check_output(output: Path) -> None:
    """Raises BulkError where results cannot be written there: the suffix, the folder, its rights, a missing package."""
    if suffix_of(output) == ".parquet":
        need_parquet()
    folder = output.parent
    if not folder.is_dir():
        raise BulkError(f"There is no folder {str(folder)!r} for the results; make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BulkError(f"Nothing can be written into the folder {str(folder)!r}; choose another --output.")
    if output.is_dir():
        raise BulkError(f"{str(output)!r} is a folder; name a file in it.")


def _set_aside_if_other(plan: Plan, journal_path: Path, say: Say) -> None:
    """Keeps what an earlier run with another setup gave under another name, and says so."""
    if not journal_path.exists():
        return
    with Journal(journal_path) as journal:
        earlier = journal.setup
    if earlier is None or not (differences := plan.setup.differences(earlier)):
        return
    kept = []
    for number in count(1):  # a setup may come again, and what it gave before is kept too
        key = earlier.key() if number == 1 else f"{earlier.key()}.{number}"
        output = plan.output.with_name(f"{plan.output.stem}.{key}{plan.output.suffix}")
        asides = {plan.output: output, journal_path: output.with_name(f"{output.name}.journal")}
        if not any(aside.exists() for aside in asides.values()):
            break
    for path, aside in asides.items():
        if path.exists():
            path.rename(aside)
            kept.append(aside.name)
    say(f"The run starts anew, since {differences}. What was there is kept as {' and '.join(kept)}.")


def _check_is_ours(output: Path, journal: Journal) -> None:
    if output.exists() and digest_of(output) not in journal.note(WRITTEN).split():
        raise BulkError(
            f"{output} exists, and is not what this command wrote there: move it away, or choose another --output."
        )


def _write(plan: Plan, names: Sequence[str], journal: Journal) -> None:
    """Writes the results file beside its place, and puts it there whole."""
    part = plan.output.with_name(f".{plan.output.stem}.part{plan.output.suffix}")

    def rows() -> Iterator[dict[str, Cell]]:
        for row in journal.rows():
            yield row | {"model_version": plan.bundle.version, MODEL: plan.setup.model}

    try:
        write_results(part, names, rows())
        digest = digest_of(part, lasting=True)
        before = [digest_of(plan.output)] if plan.output.exists() else []
        journal.write_note(WRITTEN, " ".join([*before, digest]))
        journal.commit()  # first: whatever happens now, the file is known
        part.replace(plan.output)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BulkError(
            f"{plan.output} cannot be written ({error.strerror}): the same command writes it when that is mended."
        ) from error
    folder = os.open(plan.output.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def digest_of(path: Path, *, lasting: bool = False) -> str:
    """SHA-256 of a file; `lasting`: and it outlasts a failure of power from now on."""
    with path.open("rb") as file:
        if lasting:
            os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _left_out(listing: Listing) -> str:
    if not listing.left_out:
        return ""
    return (
        f" (left out, since they do not end like pictures: {listing.left_out:,}; a file named itself is always taken)"
    )
