"""Small files that are there whole or not at all, whatever interrupts the writing."""

import os
from pathlib import Path


def write_whole(path: Path, content: str) -> None:
    """Writes UTF-8 text beside its place and puts it there when it is whole."""
    beside = path.with_name(f"writing-{os.getpid()}-{path.name}")
    beside.write_text(content, encoding="utf-8")
    beside.replace(path)
