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


def _cell(row: Mapping[str, Any]) -> str:
    if "answered" not in row:
        return f"{row['mb']} MB"
    counts = ", ".join(f"{row[name]} {name}" for name in ("answered", "busy", "refused") if row[name])
    return f"{row['mb']} MB ({counts})"
