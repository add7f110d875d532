"""What every reader yields, whatever its publisher's layout."""

from dataclasses import dataclass
from pathlib import Path

from training.errors import TrainingError


class DatasetError(TrainingError):
    """A data set on disk is not as its publisher lays it out; the message says what is missing and where."""


@dataclass(frozen=True, slots=True)
class LesionRecord:
    """One image of a lesion.

    Attributes:
        image_path: the file.
        image_id: unique within the data set.
        lesion_id: the lesion it shows; None where the publisher does not tell.
        dx: what the publisher says it is: a class code (akiec, bcc, bkl, df, mel, nv, vasc, scc), or "benign",
            "malignant" or "not_mel" where no more is told. A label scheme makes targets of it.
        source: name of the data set.
        part: the publisher's own part, "train", "validation" or "test"; None where there is none.
        dx_type: how the diagnosis was made ("histo", "follow_up", "consensus", "confocal"); None where unknown.
        age: of the patient, years; None where unknown.
        sex: "male" or "female"; None where unknown.
        site: place on the body in the publisher's words; None where unknown.
    """

    image_path: Path
    image_id: str
    lesion_id: str | None
    dx: str
    source: str
    part: str | None = None
    dx_type: str | None = None
    age: float | None = None
    sex: str | None = None
    site: str | None = None

    @property
    def group(self) -> str:
        """What a split keeps together: the lesion, or the image itself where no lesion is named."""
        return self.lesion_id if self.lesion_id is not None else self.image_id


@dataclass(frozen=True, slots=True)
class Skip:
    """Attributes:
    name: image id or file that was left out.
    reason: why, in words.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a reader found.

    Attributes:
        name: of the data set.
        records: ordered by image id.
        skipped: what was left out, each with its reason. Never silent: commands print and count it.
    """

    name: str
    records: tuple[LesionRecord, ...]
    skipped: tuple[Skip, ...] = ()
