"""A CSV with the truth about pictures: which are malignant, and which show the same lesion or patient."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PICTURE_COLUMNS = ("path", "file", "filename", "file_name", "image", "image_id", "image_name", "isic_id", "name")
TRUTH_COLUMNS = ("truth", "label", "target", "diagnosis", "dx", "malignant", "benign_malignant", "class")
GROUP_COLUMNS = ("patient_id", "patient", "lesion_id", "lesion", "group")
"""Headers that are understood, in small letters. Of a patient's and a lesion's column the patient's is taken: two
lesions of one patient are not independent either."""

WORDS: Mapping[str, bool] = {"benign": False, "malignant": True, "0": False, "1": True, "0.0": False, "1.0": True}
SHOWN = 3
"""Examples that an error names."""


class LabelsRejected(Exception):
    """The labels cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Label:
    """Attributes:
    picture: path or file name, as it was written.
    malignant: the truth; None where the cell is empty, since nobody knows it.
    group: id of the lesion or patient; None where the file has no such column.
    line: of the file, for messages.
    """

    picture: str
    malignant: bool | None
    group: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Labels:
    """Attributes:
    rows: in the file's order.
    group_column: header of the column with ids, None where there is none.
    """

    rows: tuple[Label, ...]
    group_column: str | None


def read_labels(path: Path, malignant_by_code: Mapping[str, bool]) -> Labels:
    """Reads and checks a file of labels; commas, semicolons or tabs separate its columns.

    Args:
        path: of a CSV in UTF-8 with a header.
        malignant_by_code: of each class of the bundle whether it counts as malignant.

    Raises:
        LabelsRejected: it cannot be read, a column is missing or could be two, or a label is unknown.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            separator = max(",;\t", key=header.count)
            file.seek(0)
            reader = csv.DictReader(file, delimiter=separator, strict=True)
            columns = {name.strip().casefold(): name for name in reader.fieldnames or () if name}
            picture = _only(columns, PICTURE_COLUMNS, "path or file name", path)
            truth = _only(columns, TRUTH_COLUMNS, "truth", path)
            group = next((columns[name] for name in GROUP_COLUMNS if name in columns), None)
            cells = [(reader.line_num, row[picture], row[truth], row[group] if group else None) for row in reader]
    except OSError as error:
        raise LabelsRejected(f"The labels {path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelsRejected(
            f"The labels {path} are no CSV in UTF-8 ({error}); export them once more as such."
        ) from error
    if not cells:
        raise LabelsRejected(f"The labels {path} have a header and no rows.")
    known = {**WORDS, **{code.casefold(): value for code, value in malignant_by_code.items()}}
    return Labels(tuple(_labels(cells, known, path)), group)


def _labels(
    cells: Sequence[tuple[int, str | None, str | None, str | None]], known: Mapping[str, bool], path: Path
) -> list[Label]:
    unknown: list[str] = []
    rows: list[Label] = []
    for line, picture, truth, group in cells:
        name, word = (picture or "").strip(), (truth or "").strip().casefold()
        if not name:
            raise LabelsRejected(f"Line {line} of {path} names no picture.")
        if word and word not in known:
            unknown.append(f"{truth!r} in line {line}")
        rows.append(Label(name, known.get(word) if word else None, (group or "").strip() or None, line))
    if unknown:
        codes = ", ".join(sorted(set(known) - set(WORDS)))
        raise LabelsRejected(
            f"{len(unknown):,} labels of {path} are unknown ({_few(unknown)}); "
            f"use benign and malignant, 0 and 1, or the model's classes ({codes}), and nothing where it is not known."
        )
    return rows


def _only(columns: Mapping[str, str], names: Sequence[str], what: str, path: Path) -> str:
    found = [columns[name] for name in names if name in columns]
    if not found:
        raise LabelsRejected(f"{path} has no column for the {what}; name it with one of: {', '.join(names)}.")
    if len(found) > 1:
        raise LabelsRejected(
            f"In {path} the {what} could stand in the columns {' and '.join(found)}; rename all but the right one."
        )
    return found[0]


def _few(examples: Sequence[str]) -> str:
    more = len(examples) - SHOWN
    return ", ".join(examples[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")
