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
        dx: class code (one of akiec, bcc, bkl, df, mel, nv, vasc for HAM10000).
        dx_type: how the diagnosis was made ("histo", "follow_up", "consensus", "confocal"); None where unknown.
        age: of the patient, years; None where unknown.
        sex: "male" or "female"; None where unknown.
        site: place on the body in the publisher's words; None where unknown.
        source: name of the data set.
    """

    image_path: Path
    image_id: str
    lesion_id: str | None
    dx: str
    dx_type: str | None
    age: float | None
    sex: str | None
    site: str | None
    source: str

    @property
    def group(self) -> str:
        """What a split keeps together: the lesion, or the image itself where no lesion is named."""
        return self.lesion_id if self.lesion_id is not None else self.image_id
