"""How fast archives are screened, and in how much memory: `make bulk-bench`, or one of PARTS at a time.

`python -m bench.bulk PART...` keeps what each part found in docs/figures/bulk.json, of which `python -m training
report` makes the tables in docs/bulk.md. So each part can be measured when the machine is idle. Linux only.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from distributed import Client
from PIL import Image

from app.bulk.cluster import Cluster
from app.bulk.commands import CHUNK, CLUSTER_CHUNK
from app.bulk.files import Listed, Listing
from app.bulk.picture import Answer
from app.bulk.processes import Job, Processes
from app.bulk.run import Plan, run
from app.bulk.setup import setup_of
from app.bulk.work import Team
from app.config import REPOSITORY, Config
from app.ops.machine import cores
from app.screening.bundle import load_bundle
from app.screening.screener import Screener
from bench import processes
from tests.helpers.archive import command
from tests.helpers.dask_cluster import DaskCluster, dask_cluster
from tests.helpers.uploads import encoded, lesion

OUT = REPOSITORY / "docs" / "figures" / "bulk.json"
DATA_ROOT = Path(os.environ.get("LESION_DATA_ROOT", REPOSITORY.parent / "shared" / "data"))
DISTINCT = 100
"""Drawn lesions, of 224×224 as JPEG; an archive is made of links to them."""

SPEED_FILES = 600
MEMORY_FILES = (1_000, 10_000, 100_000)
SCREENED_OF = 50
"""One of so many files is a picture in the memory's archives; the others are refused as too small, which costs the
parent as much as an answer, and the workers little."""


def main() -> None:
    """Measures the named parts and keeps what they found; `speed` adds a round to those that there are."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--small", action="store_true", help="a tenth of all, to try the program; keeps nothing")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {min(unknown)!r}")
    found: dict[str, Any] = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.parts or PARTS:
            place = Path(folder, name)
            place.mkdir()
            found[name] = PARTS[name](place, 10 if arguments.small else 1, found.get(name))
            print(json.dumps({name: found[name]}, indent=2), flush=True)
            if not arguments.small:
                OUT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def speed(folder: Path, divisor: int, earlier: Any) -> dict[str, Any]:
    """One more round of: one core alone, all cores, the command's team, a Dask cluster, on the same pictures.

    Of each, pictures a second and processor milliseconds a picture (of all its processes together), from the first
    answers on: starting takes as long for a hundred pictures as for a million. Where other work shares the machine, the
    second figure still tells what a way costs.
    """
    archive = linked(folder / "archive", SPEED_FILES // divisor, screened_of=1)
    count, load = cores(), os.getloadavg()[0]
    outputs = [folder / "local.csv", folder / "cluster.csv"]
    found = {"one_core": raw(archive, 1), "all_cores": raw(archive, count), "local": team(outputs[0], archive, None)}
    with dask_cluster(folder, workers=count) as cluster:
        with Client(cluster.address, set_as_default=False) as client:
            client.wait_for_workers(count)
        found["cluster"] = team(outputs[1], archive, cluster)
    names = ("per_second", "cpu_ms")
    this = {
        name: dict(zip(names, (round(value, 2) for value in values), strict=True)) for name, values in found.items()
    }
    this |= {"load_before": round(load, 1), "same_results": len({path.read_bytes() for path in outputs}) == 1}
    rounds = [*(earlier or {}).get("rounds", []), this]
    return {"cores": count, "files": SPEED_FILES // divisor, "rounds": rounds}


def raw(archive: Path, processes: int) -> tuple[float, float]:
    """Processes that do nothing but read and screen, each on a core of its own."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", f"from bench.bulk import raw_loop; raw_loop({str(archive)!r}, {core})"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for core in sorted(os.sched_getaffinity(0))[:processes]
    ]
    for process in started:
        if process.stdout is None or not process.stdout.readline():
            sys.exit("a process could not start")
    for process in started:  # all are ready, and begin together
        if process.stdin is not None:
            process.stdin.close()
            process.stdin = None
    told = [tuple(map(float, process.communicate()[0].split())) for process in started]
    return sum(rate for rate, _ in told), statistics.mean(cpu for _, cpu in told)


def raw_loop(archive: str, core: int) -> None:
    """Reads and screens every file, and prints pictures a second and processor milliseconds a picture."""
    os.sched_setaffinity(0, {core})
    config = Config.from_environment()
    screener = Screener.from_folder(config.bundle, config.limits)
    paths = sorted(Path(archive).iterdir())
    for path in paths[:20]:
        screener.screen(path.read_bytes())
    print("ready", flush=True)
    sys.stdin.readline()
    started, used = time.monotonic(), time.process_time()
    for path in paths:
        screener.screen(path.read_bytes())
    print(len(paths) / (time.monotonic() - started), (time.process_time() - used) * 1e3 / len(paths))


def team(output: Path, archive: Path, cluster: DaskCluster | None) -> tuple[float, float]:
    """A whole run from its first answers to its last, journal included. A cluster is of this process, too."""
    config = Config.from_environment()
    job = Job(setup_of(config.bundle, config.limits), config.bundle, config.limits)
    size = CLUSTER_CHUNK if cluster else CHUNK
    plan = Plan(Listing([str(archive)], ()), output, load_bundle(config.bundle), job.setup, "", size)
    seen: list[tuple[float, float, int]] = []

    def members(first: Listed) -> AbstractContextManager[Team]:
        return Cluster(cluster.address, job, first) if cluster else Processes(job, cores())

    def watched(_: int, found: Iterator[list[Answer]]) -> Iterator[list[Answer]]:
        for batch in found:
            used = sum(map(processes.cpu_seconds, (os.getpid(), *processes.workers_of(os.getpid()))))
            seen.append((time.monotonic(), used, len(batch)))
            yield batch

    run(plan, members, lambda _: None, watched)
    count = sum(size for _, _, size in seen[1:])
    return count / (seen[-1][0] - seen[0][0]), (seen[-1][1] - seen[0][1]) * 1e3 / count


def memory(folder: Path, divisor: int, _: Any) -> list[dict[str, Any]]:
    """Megabytes of the command's parent and of its workers at their peak, by the number of files."""
    rows = []
    for count in MEMORY_FILES:
        archive = linked(folder / str(count), count // divisor, screened_of=SCREENED_OF)
        output = folder / f"{count}.csv"
        started, peak, workers_peak = time.monotonic(), 0.0, 0.0
        process = subprocess.Popen(
            command(archive, "--output", output), cwd=REPOSITORY, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        while process.poll() is None:
            peak = max(peak, processes.memory(process.pid)["pss"])
            workers_peak = max(
                workers_peak, sum(processes.memory(pid)["pss"] for pid in processes.workers_of(process.pid))
            )
            time.sleep(0.2)
        if process.returncode:
            sys.exit("the command failed")
        rows.append(
            {
                "files": count // divisor,
                "parent_mb": round(peak),
                "workers_mb": round(workers_peak),
                "seconds": round(time.monotonic() - started),
                "journal_mb": round(Path(f"{output}.journal").stat().st_size / 1e6, 1),
            }
        )
    return rows


def ham10000(folder: Path, divisor: int, _: Any) -> dict[str, Any]:
    """All of HAM10000 through the command: seconds from its start to its end, and what it found."""
    parts = sorted((DATA_ROOT / "ham10000").glob("HAM10000_images_part_*"))
    if not parts:
        sys.exit(f"no HAM10000 in {DATA_ROOT}; set LESION_DATA_ROOT")
    paths = sorted(path for part in parts for path in part.glob("*.jpg"))[::divisor]
    (folder / "list").write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    load, started = os.getloadavg()[0], time.monotonic()
    told = subprocess.run(
        command("--list", folder / "list", "--output", folder / "ham10000.csv"),
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip
    seconds = time.monotonic() - started
    again = time.monotonic()
    subprocess.run(
        command("--list", folder / "list", "--output", folder / "ham10000.csv"),
        cwd=REPOSITORY, capture_output=True, check=True,
    )  # fmt: skip
    return {
        "files": len(paths),
        "cores": cores(),
        "seconds": round(seconds, 1),
        "per_second": round(len(paths) / seconds, 1),
        "load_before": round(load, 1),
        "again_seconds": round(time.monotonic() - again, 1),
        "found": next(line for line in told.splitlines() if " files: " in line),
        "sizes": sizes(paths),
    }


def sizes(paths: Iterable[Path]) -> dict[str, int]:
    """How many files have which pixels, width×height, the most frequent first."""
    found: Counter[str] = Counter()
    for path in paths:
        with Image.open(path) as picture:
            found[f"{picture.width}×{picture.height}"] += 1
    return dict(found.most_common())


def linked(folder: Path, count: int, *, screened_of: int) -> Path:
    """A folder of `count` links to DISTINCT drawn lesions; all but one of `screened_of` are too small a picture."""
    folder.mkdir()
    drawn = folder.parent / "drawn"
    if not drawn.is_dir():
        drawn.mkdir()
        for seed in range(DISTINCT):
            (drawn / f"{seed}.jpg").write_bytes(encoded(lesion(seed, 224, 224), "JPEG", quality=90))
        (drawn / "small.jpg").write_bytes(encoded(lesion(0, 40, 40), "JPEG", quality=90))
    for number in range(count):
        name = "small" if number % screened_of else str(number // screened_of % DISTINCT)
        (folder / f"{number:07}.jpg").symlink_to(drawn / f"{name}.jpg")
    return folder


PARTS: dict[str, Callable[[Path, int, Any], Any]] = {"speed": speed, "memory": memory, "ham10000": ham10000}

if __name__ == "__main__":
    main()
