"""docs/bulk.md names what there is: every option, every column, every ending, every reason of its own."""

import re

import click

from app.bulk.commands import screen
from app.bulk.files import PICTURE_SUFFIXES
from app.bulk.picture import AGAIN
from app.bulk.results import columns
from app.config import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "bulk.md").read_text(encoding="utf-8")


def first_cells() -> list[str]:
    return [
        name for row in re.findall(r"^\| (`[^|]+) \|", GUIDE, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    ]


def test_every_option_has_a_row() -> None:
    options = {name for option in screen.params if isinstance(option, click.Option) for name in option.opts}
    told = {name.split()[0] for name in first_cells() if name.startswith("--")}
    assert told == options


def test_every_column_has_a_row_in_its_order() -> None:
    told = [name for name in first_cells() if name in columns(("akiec", "vasc"))]
    assert told == list(columns(("akiec", "vasc")))


def test_every_ending_and_every_reason_is_named() -> None:
    endings = re.search(r"ends like a picture's: ([^.]+)\.", GUIDE)
    assert endings
    assert {f".{name}" for name in re.split(r",\s+", endings[1])} == PICTURE_SUFFIXES
    assert all(f"`{reason}`" in GUIDE for reason in AGAIN)
