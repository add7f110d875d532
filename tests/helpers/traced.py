"""What a server writes: forbidden everywhere by a limit, which every Linux has, and watched by strace where that is."""

import re
import resource
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

STRACE = shutil.which("strace")
CALLS = (
    "open,openat,openat2,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,"
    "memfd_create,write,writev,pwrite64,pwritev,pwritev2,sendfile,splice,copy_file_range,truncate,ftruncate,fallocate,mmap"
)
"""All that makes a file, names one, or writes into one. Answers leave by `sendto` and are not among them."""


def tracer(out: Path) -> list[str]:
    """The command that writes the calls of what it starts, with all that they write, to `out`."""
    assert STRACE
    # -D: what it starts stays this process's own child, and gets its signals.
    return [
        STRACE,
        "-D",
        "-f",
        "-qq",
        "-y",
        "-xx",
        "-s",
        "100000000",
        "--seccomp-bpf",
        "-e",
        f"trace={CALLS}",
        "-o",
        str(out),
    ]


def calls(out: Path) -> list[bytes]:
    """The traced calls, with what they name and write as bytes instead of escapes."""

    def plain(match: re.Match[bytes]) -> bytes:
        return bytes.fromhex(match[0].replace(rb"\x", b"").decode())

    return [re.sub(rb"(?:\\x[0-9a-f]{2})+", plain, line) for line in out.read_bytes().splitlines()]


def opened_for_writing(found: Sequence[bytes]) -> set[str]:
    """Paths of files that were opened for writing, or made."""
    pattern = re.compile(
        rb'^\d+ +(?:open|openat|creat)\(.*?"([^"]*)", [^"]*?O_(?:WRONLY|RDWR|CREAT)[^)]*\) += \d+', re.DOTALL
    )
    return {match[1].decode() for line in found if (match := pattern.match(line))}


def mapped_for_writing(found: Sequence[bytes]) -> set[str]:
    """Paths of files whose pages a process shared with the disk and could change."""
    pattern = re.compile(rb"^\d+ +mmap\([^<]*PROT_WRITE[^<]*MAP_SHARED[^<]*<([^>]*)>")
    return {match[1].decode() for line in found if (match := pattern.match(line))}


@contextmanager
def no_file_grows(pids: Sequence[int]) -> Iterator[None]:
    """Until it is left, any write into any file by these processes fails: on disk, in /dev/shm, in an unnamed file.

    Sockets and pipes are no files. What is mapped into memory already can be changed, and not made larger.
    """
    before = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids]
    for pid, (_, most) in zip(pids, before, strict=True):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        for pid, limits in zip(pids, before, strict=True):
            if Path(f"/proc/{pid}").exists():
                resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
