"""What was tried against the server and what came of it, as Markdown. Rows are of tests/helpers/recorded.py."""

from collections.abc import Mapping, Sequence
from typing import Any

Rows = Mapping[str, Mapping[str, Any]]

KINDS = {
    "raise": "raises an exception",
    "memory": "finds no memory",
    "nan": "is NaN",
    "infinite": "is infinite",
    "negative": "is negative",
    "zero": "is 0 everywhere",
    "doubled": "adds up to 2",
}
"""How a part fails, by its name in tests/helpers/faulty.py."""

SUBJECTS = {"output": "the model's output"}


def traces_table(found: Mapping[str, Rows]) -> str:
    """What was sent, how often, with which status; and what of it was found anywhere."""
    heads = ("what was sent", "requests", "statuses", "found in files, log, metrics")
    return _table(heads, [(what, row["tried"], row["status"], row["found"]) for what, row in found["traces"].items()])


def concurrency_table(found: Mapping[str, Rows]) -> str:
    """What became of pictures while something happened to the server."""
    heads = ("what happens meanwhile", "pictures", "the same bit for bit", "refused", "wrong")
    names = ("pictures", "same", "refused", "wrong")
    return _table(heads, [(what, *(row[name] for name in names)) for what, row in found["concurrency"].items()])


def failing_parts_table(found: Mapping[str, Rows]) -> str:
    """What each way to an answer gives where a part fails."""
    heads = ("fault", "tried", "`/api/predict`", "`explain=1`", "batch", "page", "PDF, CSV")
    ways = ("api", "explained", "batch", "page", "files")
    return _table(
        heads, [(_fault(what), row["tried"], *(row[way] for way in ways)) for what, row in found["parts"].items()]
    )


def processes_table(found: Mapping[str, Rows]) -> str:
    """What is seen where something around the application fails."""
    heads = ("fault", "tried", "the client sees", "the log says", "afterwards")
    names = ("tried", "client", "log", "afterwards")
    return _table(heads, [(what, *(row[name] for name in names)) for what, row in found["processes"].items()])


def bundles_table(found: Mapping[str, Rows]) -> str:
    """What becomes of a damaged bundle."""
    heads = ("damage", "tried", "result")
    return _table(heads, [(what, row["tried"], row["result"]) for what, row in found["bundles"].items()])


def soak_line(found: Mapping[str, Any]) -> str:
    """How long, how much, and what it did to latency and memory, in sentences."""
    whole, second, last = found["all"], found["p99_ms"][1], found["p99_ms"][3]
    answers = ", ".join(f"{whole[name]:,} {name}" for name in ("right", "busy", "lost", "wrong"))
    memory = found["memory_mb"]
    return (
        f"{found['minutes']:.1f} minutes, {found['workers']} workers on {found['cores']} cores that the clients share, "
        f"at 80 % of {found['capacity']:g} requests a second: {found['requests']:,} requests, {answers}. "
        f"99th percentile {second:.0f} ms in the second quarter and {last:.0f} ms in the last. "
        f"Memory of all processes {memory['first']:.0f} MB at first, {memory['last']:.0f} MB at the end; "
        f"its slope after the first quarter is {found['mb_per_thousand']:+.2f} MB per 1,000 requests."
    )


def soak_table(found: Mapping[str, Any]) -> str:
    """What became of each kind of request."""
    heads = ("request", "sent", "as it should be", "busy (503)", "lost", "wrong")
    names = ("sent", "right", "busy", "lost", "wrong")
    return _table(heads, [(row["kind"], *(f"{row[name]:,}" for name in names)) for row in found["kinds"]])


def _fault(what: str) -> str:
    part, _, kind = what.partition(": ")
    return f"{SUBJECTS.get(part, part)} {KINDS[kind]}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
