"""Measures speed, memory and start of the application: python -m bench.speed [PIECE ...]

The pieces write into docs/figures/speed.json, of which `python -m training report` makes tables and figure in
docs/speed.md. Servers run from the serving environment (.venv), as they would where they are installed. Linux only;
what is measured is pinned and repeated in turn, and ratios are taken within a round, since machines are noisy.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.config import REPOSITORY
from bench.footprint import cold_starts, installed, worker_memory
from bench.load import gunner
from bench.pictures import SIZES, picture
from bench.pipeline import parts, what_runs
from bench.rivals.compare import compare
from bench.served import latencies, throughput
from bench.tried import tried

OUT = REPOSITORY / "docs" / "figures" / "speed.json"
SERVING = REPOSITORY / ".venv" / "bin" / "python"
ROUNDS = 3
SECONDS = 2.0
REPEATS = 80
LOOK_SECONDS = 3.0


def machine(**_: Any) -> dict[str, Any]:
    """What it was measured on."""
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    kilobytes = next(int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal"))
    with gunner([0]) as process:
        runs = process.submit(what_runs).result()
    return {
        "processor": models[0],
        "cores": os.cpu_count(),
        "memory_gb": round(kilobytes * 1024 / 1e9),
        "python": platform.python_version(),
        "busy_with_others": round(busy(LOOK_SECONDS), 3),
        **runs,
    }


def busy(seconds: float) -> float:
    """Share of the processor time of all cores, 0..1, that is used in the next seconds, in which this waits."""
    before = _processor_times()
    time.sleep(seconds)
    used = [later - earlier for later, earlier in zip(_processor_times(), before, strict=True)]
    return 1 - (used[3] + used[4]) / sum(used)  # idle, and waiting for a disk


def one_core(*, repeats: int, **_: Any) -> dict[str, Any]:
    """The parts of a prediction by size of the picture, in one thread on core 0."""
    with gunner([0]) as process:
        return {size: process.submit(parts, picture(size), repeats).result() for size in SIZES}


PIECES: dict[str, Callable[..., Any]] = {
    "machine": machine,
    "parts": one_core,
    "one_worker": lambda *, python, rounds, seconds, **_: throughput(python, 1, rounds, seconds),
    "two_workers": lambda *, python, rounds, seconds, **_: throughput(python, 2, rounds, seconds),
    "latencies": lambda *, python, rounds, seconds, **_: latencies(python, rounds, seconds),
    "memory": lambda *, python, seconds, **_: worker_memory(python, 2 * seconds),
    "cold_start": lambda *, python, **_: cold_starts(python),
    "installed": lambda *, python, **_: installed(python),
    "rivals": lambda *, python, rounds, seconds, **_: compare(python, rounds, seconds),
    "tried": lambda *, repeats, **_: tried(repeats),
}
"""By name, in the order in which they run."""


def main() -> None:
    """Runs the pieces that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=f"of {', '.join(PIECES)}; all by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of what is measured in turn (%(default)s)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each measurement (%(default)s)")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="of what is measured one by one (%(default)s)")
    parser.add_argument("--python", default=str(SERVING), help="of the environment that serves (%(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="where the figures go (%(default)s)")
    chosen = parser.parse_args()
    if unknown := set(chosen.pieces) - set(PIECES):
        parser.error(f"there is no piece {', '.join(sorted(unknown))}")
    if not Path(chosen.python).exists():
        sys.exit(f"There is no {chosen.python}; `make .venv/ready` sets the serving environment up.")
    if (os.cpu_count() or 1) < 2:
        sys.exit("Two cores are needed: one for the server, one for its clients.")
    found = json.loads(chosen.out.read_text(encoding="utf-8")) if chosen.out.exists() else {}
    for name in chosen.pieces or PIECES:
        begun = time.perf_counter()
        found[name] = PIECES[name](
            python=chosen.python, rounds=chosen.rounds, seconds=chosen.seconds, repeats=chosen.repeats
        )
        print(f"{name}: {time.perf_counter() - begun:.0f} s")
        ordered = {piece: found[piece] for piece in PIECES if piece in found}
        chosen.out.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _processor_times() -> list[int]:
    return [int(ticks) for ticks in _lines("/proc/stat")[0].split()[1:9]]


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()
