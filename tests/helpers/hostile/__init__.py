"""Everything that a stranger might send, and what must become of it.

Deterministic: the same files and requests each time. `corpus` gives all of them, by kind.
"""

from collections.abc import Iterator

from tests.helpers.hostile import bmps, bombs, jpegs, names, pngs, requests, strangers, tiffs, webps
from tests.helpers.hostile.case import Case

__all__ = ["Case", "corpus"]


def corpus() -> Iterator[Case]:
    """All cases, made one after the other."""
    for part in (jpegs, pngs, webps, tiffs, bmps, strangers, bombs, names, requests):
        yield from part.cases()
