"""The journal of a run, an SQLite file beside the results: what is to be screened, and every answer so far.

SQLite keeps what was committed whatever stops the machine, orders a hundred million paths on disk, and lets nobody else
write at the same time. An answer belongs to a path, its size and its stamp: a file that changed is screened anew.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from app.bulk.errors import BulkError
from app.bulk.files import Listed
from app.bulk.picture import AGAIN, Answer
from app.bulk.setup import Setup
from app.screening.table import Cell

APPLICATION = 0x4C534A31
"""In the file's header, by which a journal is known."""

COMMIT_SECONDS = 0.5
"""So much work is lost at most where the power fails."""

PAGE = 512
"""Files that are taken from the journal at a time."""

CACHE_KB = 4096

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE listing (number INTEGER, path BLOB UNIQUE, size INTEGER, stamp TEXT NOT NULL, PRIMARY KEY (number, path))
    WITHOUT ROWID;
CREATE TABLE answers (path BLOB PRIMARY KEY, size INTEGER, stamp TEXT NOT NULL, sha256 TEXT, assessment TEXT,
    reason TEXT, heat_maps TEXT NOT NULL, cells TEXT NOT NULL) WITHOUT ROWID;
"""
OPEN_WORK = f"""
FROM listing LEFT JOIN answers USING (path)
WHERE (answers.path IS NULL OR answers.size IS NOT listing.size OR answers.stamp IS NOT listing.stamp
    OR answers.reason IN ({", ".join(f"'{reason}'" for reason in sorted(AGAIN))})
    OR (:heat_maps <> '' AND answers.heat_maps <> :heat_maps))
"""


class Journal:
    """An open journal; a context. Every method raises BulkError where the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        """Opens the journal at `path`, or begins one.

        Raises:
            BulkError: it cannot be written, is of something else, is damaged, or another run is writing it.
        """
        self.path = path
        self._heat_maps = ""
        self._committed = -COMMIT_SECONDS
        try:
            self._base = sqlite3.connect(path, timeout=0, isolation_level=None)
            # Alone and without a second file that stays: so it also lies safely on a shared disk.
            self._base.executescript(
                f"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;"
                f"PRAGMA cache_size = -{CACHE_KB}; BEGIN EXCLUSIVE"
            )
            self._check_kind()
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keeps what is known, whatever ended the run; of one that ended before any answer, nothing is left."""
        empty = False
        try:
            empty = error is not None and not self._base.execute("SELECT EXISTS (SELECT 1 FROM answers)").fetchone()[0]
            self._base.execute("COMMIT")
        except sqlite3.Error as problem:
            if error is None:
                raise self._problem(problem) from problem
        finally:
            self._base.close()
            if empty:
                # SQLite's own, emptied, may stay behind an end without a commit.
                for path in (self.path.with_name(f"{self.path.name}-journal"), self.path):
                    path.unlink(missing_ok=True)

    def commit(self) -> None:
        """Makes everything so far outlast a failure of power."""
        self._run("COMMIT")
        self._run("BEGIN EXCLUSIVE")
        self._committed = time.monotonic()

    @property
    def setup(self) -> Setup | None:
        """What the answers in it depend on; None in a new one."""
        text = self.note("setup")
        return Setup(**json.loads(text)) if text else None

    @setup.setter
    def setup(self, setup: Setup) -> None:
        self.write_note("setup", json.dumps(asdict(setup)))

    def note(self, name: str) -> str:
        """A remark under a name; empty where there is none."""
        found = self._run("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def write_note(self, name: str, value: str) -> None:
        """Keeps a remark."""
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def list_anew(self, files: Iterable[tuple[int, Listed]], heat_maps: str) -> int:
        """Takes a new listing; a path that is named twice counts once. Returns how many files it has.

        Args:
            files: each with the number of what named it. Their order is by this number, then by the path's bytes.
            heat_maps: folder for heat maps; empty for none. An answer that has none there is asked for anew.
        """
        self._heat_maps = heat_maps
        self._run("DELETE FROM listing")
        rows = ((number, os.fsencode(file.path), file.size, file.stamp) for number, file in files)
        try:
            self._base.executemany("INSERT OR IGNORE INTO listing VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise self._problem(error) from error
        return int(self._run("SELECT COUNT(*) FROM listing").fetchone()[0])

    def listing_digest(self) -> str:
        """SHA-256 of the listing: paths, sizes, stamps and order."""
        digest = hashlib.sha256()
        for row in self._run("SELECT path, size, stamp FROM listing ORDER BY number, path"):
            digest.update(repr(row).encode())
        return digest.hexdigest()

    def open_count(self) -> int:
        """How many files have no answer that holds."""
        return int(self._run(f"SELECT COUNT(*) {OPEN_WORK}", {"heat_maps": self._heat_maps}).fetchone()[0])

    def open_work(self) -> Iterator[Listed]:
        """The files without an answer that holds, each once, in the listing's order; may be read while answers come."""
        query = (
            f"SELECT listing.number, listing.path, listing.size, listing.stamp {OPEN_WORK} "
            f"AND (listing.number, listing.path) > (:number, :path) ORDER BY listing.number, listing.path LIMIT {PAGE}"
        )
        number, path = -1, b""
        while rows := self._run(query, {"heat_maps": self._heat_maps, "number": number, "path": path}).fetchall():
            for number, path, size, stamp in rows:  # noqa: B007 - where the next page begins
                yield Listed(os.fsdecode(path), size, stamp)

    def record(self, answers: Iterable[Answer]) -> None:
        """Keeps answers, each in place of an earlier one to the same path."""
        for answer in answers:
            cells = {name: value for name, value in answer.cells.items() if value is not None}
            self._run(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    os.fsencode(answer.file.path), answer.file.size, answer.file.stamp, cells.get("sha256"),
                    cells.get("assessment"), cells.get("reason"), self._heat_maps, json.dumps(cells),
                ),
            )  # fmt: skip
        if time.monotonic() - self._committed > COMMIT_SECONDS:
            self.commit()

    def rows(self) -> Iterator[dict[str, Cell]]:
        """The row of every listed file, in the listing's order; `duplicate_of`: the first path with the same bytes."""
        self._run("CREATE TEMP TABLE IF NOT EXISTS firsts (sha256 TEXT PRIMARY KEY, path BLOB) WITHOUT ROWID")
        self._run("DELETE FROM firsts")
        self._run(
            "INSERT OR IGNORE INTO firsts SELECT sha256, path FROM listing JOIN answers USING (path) "
            "WHERE sha256 IS NOT NULL ORDER BY number, path"
        )
        found = self._run(
            "SELECT listing.path, cells, firsts.path FROM listing JOIN answers USING (path) "
            "LEFT JOIN firsts USING (sha256) ORDER BY number, listing.path"
        )
        for path, cells, first in found:
            row: dict[str, Cell] = {"path": os.fsdecode(path), **json.loads(cells)}
            if first not in (None, path):
                row["duplicate_of"] = os.fsdecode(first)
            yield row

    def counts(self) -> dict[str, int]:
        """How many of the listed files have which assessment; `errors` for those without an answer."""
        found = self._run(
            "SELECT CASE WHEN reason IS NULL THEN IFNULL(assessment, 'undecided') ELSE 'errors' END AS kind, COUNT(*) "
            "FROM listing JOIN answers USING (path) GROUP BY kind"
        )
        return {str(kind): int(count) for kind, count in found}

    def _check_kind(self) -> None:
        found = self._base.execute("PRAGMA application_id").fetchone()[0]
        tables = self._base.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
        if found == APPLICATION:
            return
        if tables:
            raise BulkError(f"{self.path} is no journal of this command: move it away.")
        for statement in (*SCHEMA.strip().split(";\n"), f"PRAGMA application_id = {APPLICATION}"):
            self._base.execute(statement)

    def _run(self, statement: str, values: object = ()) -> sqlite3.Cursor:
        try:
            return self._base.execute(statement, values)  # type: ignore[arg-type]
        except sqlite3.Error as error:
            raise self._problem(error) from error

    def _problem(self, error: sqlite3.Error) -> BulkError:
        code = getattr(error, "sqlite_errorcode", None)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return BulkError(f"Another run is writing {self.path}: wait for it, or choose another --output.")
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            return BulkError(f"{self.path} is damaged, or no journal: move it away, and the run starts anew.")
        if code == sqlite3.SQLITE_FULL:
            places = f"{self.path}, or of SQLite's temporary files (SQLITE_TMPDIR),"
            return BulkError(f"The disk of {places} is full: make room, and the same command goes on.")
        return BulkError(f"{self.path} cannot be written: {error}.")
