"""The locks: requirements*.txt, written by `make lock` from requirements/*.in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import NormalizedName, canonicalize_name

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCES = {
    "serving": "requirements.txt",
    "extras": "requirements-extras.txt",
    "oidc": "requirements-oidc.txt",
    "bulk": "requirements-bulk.txt",
    "cluster": "requirements-cluster.txt",
    "training": "requirements-training.txt",
    "keras-hub": "requirements-keras-hub.txt",
    "test": "requirements-test.txt",
    "tools": "requirements-tools.txt",
}
"""Name of a source in requirements/, without its ending: the lock that is made of it."""

SERVING = "requirements.txt"
IMAGE = {
    "implementation_name": "cpython",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""Where the image serves, as markers have it; docs/sbom.json and docs/licences.md are of this."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Attributes:
    name: normalised.
    version: exact.
    marker: where it is installed; None: everywhere.
    hashes: SHA-256 of the files that may be installed, 64 hex digits each.
    """

    name: NormalizedName
    version: str
    marker: str | None
    hashes: tuple[str, ...]

    def applies(self, environment: Mapping[str, str]) -> bool:
        """Whether it is installed in an environment, such as IMAGE; what it does not name is as it is here."""
        return self.marker is None or Marker(self.marker).evaluate(dict(environment))


def read_lock(path: Path) -> list[Locked]:
    """The entries of a lock, in its order.

    Raises:
        ValueError: a line is neither an entry, nor a hash, nor a comment.
    """
    entries = []
    for block in re.sub(r"\\\n", " ", path.read_text(encoding="utf-8")).splitlines():
        line = block.strip()
        if not line or line.startswith("#"):
            continue
        found = re.fullmatch(r"([\w.-]+)==(\S+)(?: ; (.*?))?((?:\s+--hash=sha256:[0-9a-f]{64})*)", line)
        if found is None:
            raise ValueError(f"{path.name} has a line that pins nothing: {line[:80]}")
        hashes = tuple(re.findall(r"sha256:([0-9a-f]{64})", found[4]))
        entries.append(Locked(canonicalize_name(found[1]), found[2], found[3], hashes))
    return entries


def serving() -> list[Locked]:
    """What the image installs."""
    return [entry for entry in read_lock(REPOSITORY / SERVING) if entry.applies(IMAGE)]
