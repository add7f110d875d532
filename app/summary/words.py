"""Small words of the summary."""

import unicodedata

JOINERS = "\u200c\u200d"
"""Invisible letters that some scripts need."""

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of letters that are not seen, or change where others stand."""


def counted(number: int, one: str, many: str) -> str:
    """Such as "1 file" and "2,031 files"."""
    return f"{number:,} {one if number == 1 else many}"


def shown(text: str) -> str:
    """A file's name as it can be shown.

    Bytes that are no UTF-8, control characters and those that turn the direction of writing round become escapes, so
    that no name can look like another.
    """
    readable = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(_escaped(letter) for letter in readable)


def _escaped(letter: str) -> str:
    hidden = unicodedata.category(letter) in HIDDEN and letter not in JOINERS
    return letter.encode("unicode_escape").decode("ascii") if hidden else letter
