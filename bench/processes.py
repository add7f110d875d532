"""What Linux tells about running processes."""

import os
from contextlib import suppress
from pathlib import Path


def workers_of(master: int) -> list[int]:
    """The processes that a process's main thread started; none where it has gone."""
    with suppress(OSError):
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()]
    return []


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, its own and the kernel's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
    """MB (10^6 bytes) of a process: `rss`, and `pss`, its proportional share; 0 for one that has gone."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
        found = {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}
        return {"rss": found["Rss"], "pss": found["Pss"]}
    return {"rss": 0.0, "pss": 0.0}


def pss_together(master: int) -> float:
    """MB of a server's master and workers, by proportional share."""
    return sum(memory(pid)["pss"] for pid in (master, *workers_of(master)))
