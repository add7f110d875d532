"""Runs the audit over data sets."""

import time
from collections.abc import Sequence
from pathlib import Path

from training.audit.descriptors import read_pictures
from training.audit.findings import Findings
from training.audit.matching import propose, verify
from training.datasets.records import LesionRecord
from training.memory import PeakMemory


def audit(records: Sequence[LesionRecord], out: Path) -> Findings:
    """Finds what shows the same among all records and writes it to `out`."""
    with PeakMemory() as memory:
        started = time.perf_counter()
        pictures = read_pictures([record.image_path for record in records])
        read = time.perf_counter()
        proposed = propose(pictures.details)
        searched = time.perf_counter()
        pairs = verify(pictures.details, proposed)
        done = time.perf_counter()
    findings = Findings(
        records=[records[row] for row in pictures.readable],
        pairs=pairs,
        unreadable={str(records[row].image_id): reason for row, reason in pictures.unreadable.items()},
        seconds={
            "decode": read - started, "search": searched - read, "compare": done - searched, "total": done - started,
        },
        peak_mb=memory.megabytes,
    )  # fmt: skip
    findings.write(out, pictures.details)
    return findings
