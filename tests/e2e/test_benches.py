"""The programs of bench/: to ask one for help measures nothing and writes nothing."""

import subprocess
import sys

import pytest

from app.config import REPOSITORY

PROGRAMS = sorted(
    path.stem for path in (REPOSITORY / "bench").glob("*.py") if '__name__ == "__main__"' in path.read_text("utf-8")
)


def test_there_are_programs() -> None:
    assert {"attack", "bulk", "memory", "pages", "screens", "soak", "speed"} <= set(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_is_all_that_one_gets_who_asks_for_it(name: str) -> None:
    command = [sys.executable, "-m", f"bench.{name}", "--help"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
