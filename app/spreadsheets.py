"""Texts in a CSV file that spreadsheets open."""

import re

FORMULA = re.compile("(^|[;,\t\r\n])\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""A spreadsheet would compute a text that begins so, in full width too, or a part of it where it splits at such a sign
(OWASP, CSV injection)."""


def guarded(text: str) -> str:
    """`text`, or one that no spreadsheet computes where this one would be."""
    return "'" + text.replace(";", " ").replace("\t", " ") if FORMULA.search(text) else text
