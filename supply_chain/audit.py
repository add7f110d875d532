"""Known vulnerabilities of locked packages, by pip-audit. What could not be asked about is never taken for well."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from supply_chain.locks import REPOSITORY, SOURCES

COMMAND = ["-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
TIMEOUT = 300.0
"""Seconds for one lock."""


def audit(files: Sequence[str] = tuple(SOURCES.values())) -> int:
    """Asks about every package of these locks that this Python and platform would install, and prints what is known.

    Returns:
        1 where a vulnerability is known, else 0: a service that cannot be reached fails nothing, and is named.
    """
    vulnerable = unasked = 0
    for file in files:
        answer, reason = _asked(file)
        if answer is None:
            unasked += 1
            print(f"NOT AUDITED  {file}: pip-audit gave no answer. {reason}")
            continue
        known, lines, skipped = summary(answer)
        vulnerable += len(lines)
        unasked += skipped > 0
        print("\n".join([f"{file}: asked about {known} packages, {len(lines)} known vulnerabilities", *lines]))
        if skipped:
            print(f"NOT AUDITED  {file}: the service does not know {skipped} of its packages.")
    if unasked:
        print(
            f"Nothing is known of what is marked NOT AUDITED ({unasked} of {len(files)} files). Run it with a network."
        )
    return 1 if vulnerable else 0


def summary(answer: dict[str, Any]) -> tuple[int, list[str], int]:
    """Of pip-audit's answer: how many packages it knew, a line for each vulnerability, how many it did not know.

    pip-audit itself says "No known vulnerabilities found" where it knew no package at all.
    """
    found = answer["dependencies"]
    skipped = sum("skip_reason" in entry for entry in found)
    lines = [
        f"  {entry['name']} {entry['version']}: {problem['id']}, mended in {', '.join(problem['fix_versions']) or '-'}"
        for entry in found
        for problem in entry.get("vulns", [])
    ]
    return len(found) - skipped, lines, skipped


def _asked(file: str) -> tuple[dict[str, Any] | None, str]:
    """pip-audit's answer, or None and its last words."""
    command = [sys.executable, *COMMAND, "--requirement", str(REPOSITORY / file)]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return None, f"It took longer than {TIMEOUT:g} s."
    try:  # status 1 means that it found something, and that it failed; only the first prints JSON
        return json.loads(result.stdout), ""
    except json.JSONDecodeError:
        return None, (result.stderr.strip().splitlines() or ["It said nothing."])[-1]
