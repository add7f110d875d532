"""A folder of drawn lesions, small enough that many are screened in a second, and the command that screens it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from app.config import REPOSITORY
from tests.helpers.uploads import encoded, lesion

SIDE = 96
DRAWN = 12
PATIENCE_SECONDS = 180


def draw_archive(folder: Path, count: int) -> Path:
    """Makes `count` pictures in two folders: each a drawing of its own as to its bytes, of DRAWN different lesions."""
    drawn = [encoded(lesion(seed, SIDE, SIDE), "JPEG", quality=90) for seed in range(DRAWN)]
    for number in range(count):
        path = folder / ("left", "right")[number % 2] / f"{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        # A decoder stops at a JPEG's end, so that what stands after it makes another file of the same picture.
        path.write_bytes(drawn[number % DRAWN] + number.to_bytes(2, "big"))
    return folder


def command(*arguments: str | Path) -> list[str]:
    """`flask --app wsgi screen ...` of this environment."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", "screen", *map(str, arguments)]


def start(*arguments: str | Path) -> "subprocess.Popen[str]":
    """Starts the command, with its messages as its `stderr`, in a process group of its own."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup; the command would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        command(*arguments), cwd=REPOSITORY, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(process: "subprocess.Popen[str]") -> str:
    """What a started command told, once it has ended well."""
    _, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, told
    return told


def wait_for_commit(output: Path, since: int) -> None:
    """Waits until the journal beside an output was written after `since`, nanoseconds: what killing cannot undo."""
    journal = output.with_name(f"{output.name}.journal")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while journal.stat().st_mtime_ns <= since:
        assert time.monotonic() < deadline, f"{journal} was never written again"
        time.sleep(0.01)
    time.sleep(0.2)  # a commit ends after the file's last byte


def wait_for_files(folder: Path, count: int) -> None:
    """Waits until so many heat maps lie in a folder: so far is a run."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sum(name.endswith(".png") for _, _, names in os.walk(folder) for name in names) < count:
        assert time.monotonic() < deadline, f"{folder} never had {count} heat maps"
        time.sleep(0.01)
