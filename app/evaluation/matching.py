"""Which label belongs to which screened picture."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.evaluation.labels import SHOWN, Label, Labels, LabelsRejected


@dataclass(frozen=True, slots=True)
class Matched:
    """Attributes:
    labels: of N files, in their order; None for a copy of an earlier one, which counts once, and for a file that is no
        picture and has no label.
    unused: how many labels name a picture that was not screened.
    """

    labels: tuple[Label | None, ...]
    unused: int


def match(
    labels: Labels, paths: Sequence[str], copy_of: Sequence[int | None], unreadable: Collection[int] = ()
) -> Matched:
    """Finds the label of each file.

    A label names a picture by its path, by the end of its path, or by its file name, each with or without the file's
    extension.

    Args:
        labels: as read.
        paths: of N files.
        copy_of: of each file, which earlier one has the very same bytes; None for the others.
        unreadable: indices of files that could not be read; these may be no pictures, and need no label.

    Raises:
        LabelsRejected: a picture has no label or two that contradict, a label fits two different pictures, or no label
            fits any.
    """
    # By whole path, by the last folder and the name, and by the name: names such as IM000001 come again and again.
    names: dict[tuple[str, ...], list[int]] = defaultdict(list)
    stems: dict[tuple[str, ...], list[int]] = defaultdict(list)
    parts = [_parts(path) for path in paths]
    for index, (*folders, name) in enumerate(parts):
        for above in {(), tuple(folders[-1:]), tuple(folders)}:
            names[*above, name].append(index)
            stems[*above, name.rpartition(".")[0] or name].append(index)
    found: dict[int, Label] = {}
    unused = 0
    for label in labels.rows:
        *folders, name = _parts(label.picture)
        named = _ending(names, folders, name) or _ending(stems, folders, name)
        fitting = [index for index in named if not folders or parts[index][-len(folders) - 1 : -1] == folders]
        fitting = [index for index in fitting if len(parts[index]) == len(folders) + 1] or fitting
        originals = {_original(index, copy_of) for index in fitting}
        if len(originals) > 1:
            first, second, *_ = (paths[index] for index in sorted(originals))
            raise LabelsRejected(
                f"The label {label.picture!r} in line {label.line} fits {first!r} and {second!r}; "
                "write more of the path."
            )
        unused += not originals
        for index in originals:
            found[index] = _agreed(found.get(index, label), label)
    if not found:
        raise LabelsRejected("No label fits any picture of the run; compare its file names with those of the labels.")
    needed = [index for index, original in enumerate(copy_of) if original is None and index not in unreadable]
    if missing := [paths[index] for index in needed if index not in found]:
        examples = ", ".join(repr(path) for path in missing[:SHOWN])
        raise LabelsRejected(
            f"{len(missing):,} pictures of the run have no label, such as {examples}; "
            "add a row for each, with an empty truth where it is not known."
        )
    return Matched(tuple(found.get(index) for index in range(len(paths))), unused)


def _ending(index: Mapping[tuple[str, ...], list[int]], folders: Sequence[str], name: str) -> list[int]:
    """Files that could be meant: those of the whole path, else those that have the last folder, too."""
    return index.get((*folders, name)) or index.get((*folders[-1:], name)) or []


def _agreed(first: Label, second: Label) -> Label:
    """One of two labels of a picture."""
    if (first.malignant, first.group) != (second.malignant, second.group):
        raise LabelsRejected(
            f"Lines {first.line} and {second.line} of the labels contradict each other about one picture, "
            f"{second.picture!r}."
        )
    return first


def _original(index: int, copy_of: Sequence[int | None]) -> int:
    original = copy_of[index]
    return index if original is None else original


def _parts(path: str) -> list[str]:
    """Folders and name; one form for letters that can be written in two, as a Mac's file system does."""
    normal = unicodedata.normalize("NFC", path).replace("\\", "/")
    return [part for part in normal.split("/") if part not in ("", ".")] or [normal]
