"""Label schemes: which classes a model tells apart, and which of them count as malignant."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CLASS_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "akiec": "Actinic keratosis / Bowen's disease",
        "bcc": "Basal cell carcinoma",
        "bkl": "Benign keratosis-like lesion",
        "df": "Dermatofibroma",
        "mel": "Melanoma",
        "nv": "Melanocytic naevus",
        "vasc": "Vascular lesion",
    }
)


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """Attributes:
    name: how recipes and manifests call it.
    classes: class codes in the order of the model's outputs.
    malignant: the classes that count as malignant.
    """

    name: str
    classes: tuple[str, ...]
    malignant: tuple[str, ...]

    def is_malignant(self, dx: str) -> bool:
        """Whether class `dx` counts as malignant. Raises ValueError for a class that the scheme does not know."""
        if dx not in self.classes:
            raise ValueError(f"class {dx!r} is not in the label scheme {self.name!r}: {list(self.classes)}")
        return dx in self.malignant


CLINICAL = LabelScheme("clinical", tuple(CLASS_NAMES), ("akiec", "bcc", "mel"))
"""Melanoma, basal cell carcinoma and (pre-)malignant keratosis are what a clinician has to act on."""

SCHEMES: Mapping[str, LabelScheme] = MappingProxyType({scheme.name: scheme for scheme in (CLINICAL,)})
