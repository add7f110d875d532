"""What the server needs, as Markdown."""

from collections.abc import Mapping
from typing import Any


def memory_table(measured: Mapping[str, Any]) -> str:
    """Megabytes of the server by what is sent, with the image's limits and with the defaults."""
    rows = [
        f"| {image['when']} | {_cell(image)} | {_cell(default)} |"
        for image, default in zip(measured["image"], measured["defaults"], strict=True)
    ]
    return "\n".join(["| when | with the image's limits | with the defaults |", "| --- | --- | --- |", *rows])


def hostile_table(measured: Mapping[str, Any]) -> str:
    """What became of hostile uploads by their kind, and the time and memory that the worst of each took."""
    lines = [
        f"A good picture takes {measured['usual_mb']} MB.", "",
        "| what is tried | cases | refused | answered as the plain picture | most processor time | most memory |",
        "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    kinds = measured["kinds"]
    lines += [_hostile_row(row["kind"], row, "") for row in kinds]
    sums = {name: sum(row[name] for row in kinds) for name in ("tried", "refused", "as_plain")}
    worst = {name: max(row[name] for row in kinds) for name in ("processor_ms", "largest_mb")}
    return "\n".join([*lines, _hostile_row("all", sums | worst, "**")])


def _hostile_row(kind: str, row: Mapping[str, Any], mark: str) -> str:
    cells = [
        kind,
        row["tried"],
        row["refused"],
        row["as_plain"],
        f"{row['processor_ms']} ms",
        f"{row['largest_mb']} MB",
    ]
    return f"| {' | '.join(f'{mark}{cell}{mark}' for cell in cells)} |"


def _cell(row: Mapping[str, Any]) -> str:
    if "answered" not in row:
        return f"{row['mb']} MB"
    counts = ", ".join(f"{row[name]} {name}" for name in ("answered", "busy", "refused") if row[name])
    return f"{row['mb']} MB ({counts})"
