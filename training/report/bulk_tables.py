"""What archives need in time and memory, as Markdown, from what `bench.bulk` measured."""

from collections.abc import Mapping
from typing import Any

DAY = 86_400
CORES = (1, 2, 8, 64, 512)
ARCHIVES = (1_000_000, 100_000_000)


def speed_table(measured: Mapping[str, Any]) -> str:
    """Pictures a second, and how much of the bare model's speed each way keeps."""
    found, rates = measured["speed"], measured["speed"]["per_second"]
    cores = found["cores"]
    kept = f"{found['local_of_raw']:.0%} of {cores} times one core, {found['local_of_all_cores']:.0%} of all at once"
    cluster = f"`--cluster`: scheduler, client and {cores} workers of one thread on the same {cores} cores"
    same = "every one of them gave" if found["same_results"] else "NOT all of them gave"
    rows = [
        "| | pictures a second | |",
        "| --- | --- | --- |",
        f"| reading and screening alone, on one core | {rates['one_core']} | |",
        f"| the same on {cores} cores at once | {rates['all_cores']} | |",
        f"| `flask screen --jobs {cores}` | {rates['local']} | {kept} |",
        f"| {cluster} | {rates['cluster']} | {found['cluster_of_local']:.0%} of `--jobs {cores}` |",
    ]
    note = (
        f"Medians of {found['rounds']} interleaved rounds with {found['files']:,} drawn lesions of 224×224 (JPEG), "
        f"from the first answers to the last; {same} the same results file, byte for byte."
    )
    return "\n".join([*rows, "", note])


def memory_rows(measured: Mapping[str, Any]) -> str:
    """Megabytes of parent and workers by the number of files."""
    rows = [
        f"| {row['files']:,} | {row['parent_mb']} MB | {row['workers_mb']} MB | {row['journal_mb']} MB |"
        for row in measured["memory"]
    ]
    return "\n".join(["| files | parent | workers together | journal on disk |", "| --- | --- | --- | --- |", *rows])


def archive_line(measured: Mapping[str, Any]) -> str:
    """All of HAM10000 in two sentences."""
    found = measured["ham10000"]
    return (
        f"All of HAM10000 on {found['cores']} cores: {found['files']:,} files in {found['seconds']:.0f} s, from the "
        f"command's start to its end ({found['per_second']} a second). The same command again, with nothing to do: "
        f"{found['again_seconds']:.1f} s."
    )


def projection_table(measured: Mapping[str, Any]) -> str:
    """Pictures a day and the time for large archives by cores, at the rate a core that HAM10000 was screened at."""
    found = measured["ham10000"]
    rate = found["per_second"] / found["cores"]
    archives = " | ".join(f"{count / 1e6:g} million pictures" for count in ARCHIVES)
    rows = [f"| cores | pictures a day | {archives} |", "| --- | --- | --- | --- |"]
    for cores in CORES:
        times = " | ".join(_duration(count / (rate * cores)) for count in ARCHIVES)
        rows.append(f"| {cores:,} | {_round(rate * cores * DAY):,} | {times} |")
    note = (
        f"Reckoned from {rate:.1f} pictures a second and core, as measured on {found['cores']} cores; more than these "
        "were not to be had. Storage has to keep up, and photos of many megapixels take longer to decode."
    )
    return "\n".join([*rows, "", note])


def _round(value: float) -> int:
    """Two significant digits: more would not be known."""
    return int(float(f"{value:.2g}"))


def _duration(seconds: float) -> str:
    for unit, size in (("days", DAY), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{_round(seconds / size):,} {unit}"
    return f"{_round(seconds)} seconds"
