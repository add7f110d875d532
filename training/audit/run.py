"""Runs the audit over data sets."""

import time
from collections.abc import Sequence
from pathlib import Path

from training.audit.descriptors import read_pictures
from training.audit.findings import Findings
from training.audit.matching import find_pairs
from training.datasets.records import LesionRecord


def audit(records: Sequence[LesionRecord], out: Path) -> Findings:
    """Finds what shows the same among all records and writes it to `out`."""
    started = time.perf_counter()
    pictures = read_pictures([record.image_path for record in records])
    read = time.perf_counter()
    pairs = find_pairs(pictures.details)
    done = time.perf_counter()
    findings = Findings(
        records=[records[row] for row in pictures.readable],
        pairs=pairs,
        unreadable={str(records[row].image_id): reason for row, reason in pictures.unreadable.items()},
        seconds={"decode": read - started, "compare": done - read, "total": done - started},
    )
    findings.write(out, pictures.details)
    return findings
