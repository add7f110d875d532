"""docs/licences.md: the licence of every package that serving installs, as the package itself states it."""

import re
from importlib.metadata import Distribution, distribution
from pathlib import PurePosixPath

from supply_chain.locks import REPOSITORY, serving

FILE = REPOSITORY / "docs" / "licences.md"
CLASSIFIER = "License :: "
HEAD = """# Licences of what serving installs

`make sbom` writes this page from what the installed packages state, and a test compares it with them. Linux, Python
3.11, [requirements.txt](../requirements.txt); [sbom.json](sbom.json) says the same for programs (CycloneDX 1.6). What
is off by default, training and tests install more: [dependencies.md](dependencies.md).

| package | version | licence | native libraries inside |
| --- | --- | --- | --- |
"""
FOOT = """
The last column names the shared libraries that a wheel brings along, which have licences of their own: OpenCV's wheel
holds FFmpeg (LGPL-2.1), numpy's OpenBLAS (BSD-3-Clause) and GCC's runtime (GPL-3.0 with the runtime exception). Whoever
passes an image on passes these on too; their texts lie in the wheels (`cv2/LICENSE-3RD-PARTY.txt`,
`numpy-*.dist-info/LICENSE.txt`, `pillow-*.dist-info/licenses/`).
"""


def licence_of(package: Distribution) -> str:
    """The licence expression, else the classifiers, else the text of the old field, in its first line.

    Raises:
        ValueError: the package states none.
    """
    if "License-Expression" in package.metadata:
        return package.metadata["License-Expression"]
    classified = [
        entry.rpartition(" :: ")[2]
        for entry in package.metadata.get_all("Classifier") or []
        if entry.startswith(CLASSIFIER)
    ]
    field = (package.metadata.get_all("License") or [""])[0]
    stated = classified or field.strip().splitlines()[:1]
    if not stated:
        raise ValueError(f"{package.metadata['Name']} states no licence; look for its text")
    return "; ".join(stated)


def native_libraries(package: Distribution) -> list[str]:
    """Names of the shared libraries that its wheel brings along, without versions and hashes."""
    paths = [PurePosixPath(str(path)) for path in package.files or []]
    names = [path.name for path in paths if path.parts[0].endswith(".libs") and ".so" in path.name]
    return sorted({re.sub(r"(-[0-9a-f]{8}.*|-\d.*|\.so.*)$", "", name) for name in names})


def page() -> str:
    """The whole page, from the packages that are installed here."""
    rows = []
    for entry in serving():
        package = distribution(entry.name)
        if package.version != entry.version:
            raise ValueError(f"{entry.name} {package.version} is installed, and {entry.version} is locked")
        libraries = ", ".join(native_libraries(package))
        rows.append(f"| {entry.name} | {entry.version} | {licence_of(package)} | {libraries} |\n")
    return HEAD + "".join(rows) + FOOT


def write() -> None:
    """Writes the page."""
    FILE.write_text(page(), encoding="utf-8")
