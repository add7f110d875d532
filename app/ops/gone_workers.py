"""What gone workers have counted stays counted, in one file instead of one for each of them.

gunicorn's master calls this, and loads it by its path, without the rest of the application.
"""

import fcntl
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

KINDS = ("counter", "histogram")
LOCK_FILE = "lock"


def fold(folder: Path, pid: int) -> None:
    """Adds a gone worker's counters and histograms to those of all gone workers, and drops its gauges."""
    with (folder / LOCK_FILE).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark_process_dead(pid, str(folder))
        for kind in KINDS:
            own = folder / f"{kind}_{pid}.db"
            if own.exists():
                _add(own, folder / f"{kind}_gone.db", kind)


def _add(own: Path, gone: Path, kind: str) -> None:
    both = [str(path) for path in (own, gone) if path.exists()]
    beside = gone.with_name(f"{kind}_gone.new")
    beside.unlink(missing_ok=True)
    sums = MmapedDict(str(beside))
    for metric in MultiProcessCollector.merge(both, accumulate=False):
        for sample in metric.samples:
            names, values = list(sample.labels), list(sample.labels.values())
            sums.write_value(mmap_key(metric.name, sample.name, names, values, metric.documentation), sample.value, 0.0)
    sums.close()
    beside.replace(gone)
    own.unlink()
