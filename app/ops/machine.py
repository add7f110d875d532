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


def give_memory_back(keep: int = 4 << 20) -> None:
    """Makes glibc return the memory of large photos to the system; it would keep it, for each thread anew.

    Without this a worker has kept several hundred megabytes after a dozen photos of 49 megapixels. What one photo of
    usual size needs stays: given back and asked for again with every request, it has cost 2 ms of page faults each.

    Args:
        keep: bytes of the one arena that may stay.
    """
    m_trim_threshold, m_mmap_threshold, m_arena_max = -1, -3, -8  # malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library
        return
    mallopt(m_trim_threshold, keep)
    mallopt(m_mmap_threshold, max(4 << 20, keep // 4))
    mallopt(m_arena_max, 1)  # one computes at a time
