"""What this process may use of the machine, and how it gives memory back. Loaded by gunicorn.conf.py by path."""

import ctypes
import math
import os
import pathlib


def cores() -> int:
    """Cores that this process may use, at least 1: its affinity, and the quota of its container (cgroup v2)."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = pathlib.Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(count, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no cgroup v2, or "max"
        return count


def give_memory_back(keep: int = 0) -> None:
    """Makes glibc return the memory of large photos to the system; it would keep it, for each thread anew.

    Without this a worker has kept several hundred megabytes after a dozen photos of 49 megapixels.

    Args:
        keep: bytes that each of at most two arenas may keep. A process that screens one small picture after the other
            would otherwise give the same two megabytes back and fetch them again with each of them.
    """
    m_trim_threshold, m_mmap_threshold, m_arena_max = -1, -3, -8  # malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library
        return
    mallopt(m_mmap_threshold, max(1 << 20, keep // 4))
    if keep:
        mallopt(m_trim_threshold, keep)
    mallopt(m_arena_max, 2)
