"""What archives need in time and memory, as Markdown, from what `bench.bulk` measured."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

DAY = 86_400
CORES = (1, 2, 8, 64, 512)
ARCHIVES = (1_000_000, 100_000_000)


def speed_table(measured: Mapping[str, Any]) -> str:
    """Pictures a second and processor time a picture, and how much of the bare model's speed each way keeps."""
    found = measured["speed"]
    cores, rounds = found["cores"], found["rounds"]
    ways = {
        "one_core": "reading and screening alone, on one core",
        "all_cores": f"the same on {cores} cores at once",
        "local": f"`flask screen --jobs {cores}`",
        "cluster": f"`--cluster`: scheduler, client and {cores} workers of one thread on the same {cores} cores",
    }
    rows = ["| | pictures a second | processor time a picture |", "| --- | --- | --- |"]
    for way, words in ways.items():
        rate, used = (median(entry[way][name] for entry in rounds) for name in ("per_second", "cpu_ms"))
        rows.append(f"| {words} | {rate:.1f} | {used:.2f} ms |")
    rate, alone, used = (
        _ratio(rounds, "local", "all_cores", "per_second"),
        _ratio(rounds, "local", "one_core", "per_second") / cores,
        _ratio(rounds, "all_cores", "local", "cpu_ms"),
    )
    local = (
        f"- `--jobs {cores}` has {rate:.0%} of the rate of {cores} cores at once, and {alone:.0%} of {cores} times one "
        f"core alone; by processor time {used:.0%}."
    )
    rate, used = _ratio(rounds, "cluster", "local", "per_second"), _ratio(rounds, "local", "cluster", "cpu_ms")
    cluster = f"- The cluster has {rate:.0%} of the rate of `--jobs {cores}`; by processor time {used:.0%}."
    loads = [float(entry["load_before"]) for entry in rounds]
    same = "each pair gave" if all(entry["same_results"] for entry in rounds) else "NOT each pair gave"
    note = (
        f"Medians (rounds: {len(rounds)}) with {found['files']:,} drawn lesions of 224×224 (JPEG), from the first "
        "answers to the last. Processor time is that of all processes together, which other work on the machine "
        f"changes less; the load average before the rounds was {min(loads):g} to {max(loads):g}. As files, {same} "
        "the same results, byte for byte."
    )
    return "\n".join([*rows, "", local, cluster, "", note])


def _ratio(rounds: Sequence[Mapping[str, Any]], way: str, other: str, name: str) -> float:
    """Median over the rounds of one way's figure by the other's of the same round."""
    return float(median(entry[way][name] / entry[other][name] for entry in rounds))


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
        f"command's start to its end: {found['per_second']} a second. The load average before was "
        f"{found['load_before']:g}. They are copies of {_sizes(found['sizes'])}. "
        f"The same command again, with nothing to do: {found['again_seconds']:.1f} s."
    )


def _sizes(sizes: Mapping[str, int]) -> str:
    return " and ".join(f"{size} pixels ({files:,})" for size, files in sizes.items())


def projection_table(measured: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """Pictures a day and the time for large archives by cores, at the rate a core that HAM10000 was screened at.

    Args:
        measured: by `bench.bulk`.
        parts: {size: {"whole": {"median": milliseconds}}} of one picture, by `bench.speed`.
    """
    found = measured["ham10000"]
    rate = found["per_second"] / found["cores"]
    archives = " | ".join(f"{count / 1e6:g} million pictures" for count in ARCHIVES)
    rows = [f"| cores | pictures a day | {archives} |", "| --- | --- | --- | --- |"]
    for cores in CORES:
        times = " | ".join(_duration(count / (rate * cores)) for count in ARCHIVES)
        rows.append(f"| {cores:,} | {_two_digits(rate * cores * DAY)} | {times} |")
    measured_at = max(found["sizes"], key=found["sizes"].__getitem__)
    longer = ", ".join(
        f"{part['whole']['median'] / parts[measured_at]['whole']['median']:.1f} times with {size}"
        for size, part in parts.items()
        if size != measured_at
    )
    note = (
        f"Reckoned from {rate:.1f} pictures a second and core, as measured on {found['cores']} cores with files "
        f"of {measured_at} pixels; more cores were not to be had. Larger photos take longer: one of them, as a JPEG, "
        f"{longer}. Storage has to keep up."
    )
    return "\n".join([*rows, "", note])


def _two_digits(value: float) -> str:
    """Two significant digits: more would not be known."""
    return f"{float(f'{value:.2g}'):,g}" if value < 100 else f"{int(float(f'{value:.2g}')):,}"


def _duration(seconds: float) -> str:
    for unit, size in (("days", DAY), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{_two_digits(seconds / size)} {unit}"
    return f"{_two_digits(seconds)} seconds"
