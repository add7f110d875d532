"""The files that workers count in: room for them is taken beforehand, and what a gone worker counted stays counted.

They are mapped into memory. A page of such a file that finds the disk full ends the process with SIGBUS, whatever it
does just then; so their bytes are written before they are mapped, where a full disk is an error like others.

gunicorn's master calls this, and loads it by its path, without the rest of the application.
"""

import fcntl
from pathlib import Path

KINDS = ("counter", "histogram")
"""Kinds of metrics that are sums, and outlive their worker."""

FILES = (*KINDS, "gauge_livesum", "gauge_livemin", "gauge_livemax")
"""What prometheus_client names a worker's files by, before its process id."""

ROOM = 1 << 18
"""Bytes of each; all series that there can be take less than a third."""

LOCK_FILE = "lock"


def reserve(folder: Path, pid: int) -> None:
    """Takes room for all that a worker will count.

    Raises:
        OSError: there is none; the worker's files do not exist then.
    """
    paths = [folder / f"{kind}_{pid}.db" for kind in FILES]
    try:
        for path in paths:
            _take_room(path)
    except OSError:
        for path in paths:
            path.unlink(missing_ok=True)
        raise


def fold(folder: Path, pid: int) -> None:
    """Adds a gone worker's counters and histograms to those of all gone workers, and drops its gauges.

    Raises:
        OSError: there is no room; what could not be added stays where it is, and is still counted.
    """
    from prometheus_client.multiprocess import mark_process_dead

    with (folder / LOCK_FILE).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark_process_dead(pid, str(folder))
        for kind in KINDS:
            own = folder / f"{kind}_{pid}.db"
            if own.exists():
                _add(own, folder / f"{kind}_gone.db", kind)


def _add(own: Path, gone: Path, kind: str) -> None:
    # Not on top: the library decides on import whether there are several processes.
    from prometheus_client.mmap_dict import MmapedDict, mmap_key
    from prometheus_client.multiprocess import MultiProcessCollector

    both = [str(path) for path in (own, gone) if path.exists()]
    beside = gone.with_name(f"{kind}_gone.new")
    _take_room(beside)
    sums = MmapedDict(str(beside))
    for metric in MultiProcessCollector.merge(both, accumulate=False):
        for sample in metric.samples:
            names, values = list(sample.labels), list(sample.labels.values())
            sums.write_value(mmap_key(metric.name, sample.name, names, values, metric.documentation), sample.value, 0.0)
    sums.close()
    beside.replace(gone)
    own.unlink()


def _take_room(path: Path) -> None:
    """Makes a file of ROOM zeros, in place of what was there; whoever reads meanwhile sees one or the other."""
    beside = path.with_name(f"{path.name}.room")
    try:
        beside.write_bytes(bytes(ROOM))
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
