"""Runs the audit over data sets."""

import time
from collections.abc import Sequence
from pathlib import Path

from training.audit.descriptors import read_pictures
from training.audit.findings import Findings
from training.audit.matching import propose, verify
from training.datasets.manifests import SplitManifest
from training.datasets.records import Dataset, DatasetError
from training.memory import PeakMemory


def audit(datasets: Sequence[Dataset], out: Path, manifests: Sequence[SplitManifest] = ()) -> Findings:
    """Finds what shows the same among all images of the data sets and writes it to `out`.

    Args:
        datasets: what the readers found.
        out: folder for pairs.csv, summary.json, groups.json and index.html.
        manifests: splits to be looked at beside the publishers' own parts; those of other data sets are left out.

    Raises:
        DatasetError: no picture could be read.
    """
    records = [record for dataset in datasets for record in dataset.records]
    manifests = [manifest for manifest in manifests if manifest.dataset in {dataset.name for dataset in datasets}]
    with PeakMemory() as memory:
        started = time.perf_counter()
        pictures = read_pictures([record.image_path for record in records])
        read = time.perf_counter()
        if not len(pictures.readable):
            raise DatasetError(
                f"none of the {len(records)} pictures can be read: {next(iter(pictures.unreadable.values()))}"
            )
        proposed = propose(pictures.details)
        searched = time.perf_counter()
        pairs = verify(pictures.details, proposed)
        done = time.perf_counter()
    findings = Findings(
        records=[records[row] for row in pictures.readable],
        pairs=pairs,
        unreadable={
            f"{records[row].source}/{records[row].image_id}": reason for row, reason in pictures.unreadable.items()
        },
        skipped={f"{dataset.name}/{skip.name}": skip.reason for dataset in datasets for skip in dataset.skipped},
        manifests=manifests,
        seconds={
            "decode": read - started, "search": searched - read, "compare": done - searched, "total": done - started,
        },
        peak_mb=memory.megabytes,
    )  # fmt: skip
    findings.write(out, pictures.details)
    return findings
