"""Label schemes: what a model tells apart, and what of it counts as malignant."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from training.datasets.records import DatasetError

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
SCC_NAME: Mapping[str, str] = MappingProxyType({"scc": "Squamous cell carcinoma"})
"""What ISIC 2019 has beside the seven of HAM10000."""

BINARY = ("benign", "malignant")
BINARY_NAMES: Mapping[str, str] = MappingProxyType({"benign": "Benign", "malignant": "Malignant"})


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """Attributes:
    name: how recipes and manifests call it.
    classes: what a model tells apart, in the order of its outputs.
    malignant, benign: what a publisher says a lesion is (`LesionRecord.dx`), by how it counts. The scheme knows no
        other word.
    """

    name: str
    classes: tuple[str, ...]
    malignant: frozenset[str]
    benign: frozenset[str]

    def is_malignant(self, dx: str) -> bool:
        """Whether `dx` counts as malignant. Raises DatasetError for one that the scheme does not know."""
        if dx in self.malignant or dx in self.benign:
            return dx in self.malignant
        known = sorted(self.malignant | self.benign)
        raise DatasetError(f"class {dx!r} is unknown to the label scheme {self.name!r}, which knows {known}")

    @property
    def malignant_outputs(self) -> tuple[bool, ...]:
        """Whether each output counts as malignant."""
        if self.classes == BINARY:
            return (False, True)
        return tuple(self.is_malignant(code) for code in self.classes)

    def target(self, dx: str) -> int:
        """Index of the output that `dx` belongs to.

        Raises:
            DatasetError: the scheme does not know `dx`, or not which of its classes it is ("malignant" among seven).
        """
        malignant = self.is_malignant(dx)
        if self.classes == BINARY:
            return int(malignant)
        if dx not in self.classes:
            raise DatasetError(f"{dx!r} is none of the classes {list(self.classes)} of the label scheme {self.name!r}")
        return self.classes.index(dx)


def _scheme(name: str, classes: tuple[str, ...], malignant: str, benign: str) -> LabelScheme:
    return LabelScheme(name, classes, frozenset(malignant.split()), frozenset(benign.split()))


CLINICAL = _scheme("clinical", tuple(CLASS_NAMES), "akiec bcc mel scc malignant", "bkl df nv vasc benign not_mel")
"""What a clinician has to act on is malignant: melanoma, carcinoma and the (pre-)malignant keratoses."""

SEVEN = _scheme("seven", tuple(CLASS_NAMES), "akiec bcc mel", "bkl df nv vasc")
"""The seven classes of HAM10000 and nothing else; they count as in `clinical`."""

ISLAM2024 = _scheme("islam2024", BINARY, "akiec bcc bkl mel vasc malignant", "df nv benign")
"""The grouping of Islam et al. 2024: 6,820 benign, 3,195 malignant. Clinically wrong, as docs/data.md explains."""

MELANOMA = _scheme("melanoma", BINARY, "mel", "akiec bcc bkl df nv vasc scc not_mel")
"""Melanoma against everything else, as in ISIC 2017. Kaggle's set does not say which of its lesions are melanomas."""

ISIC2019 = _scheme("isic2019", (*CLASS_NAMES, "scc"), "akiec bcc mel scc", "bkl df nv vasc")
"""The eight classes of ISIC 2019; they count as in `clinical`."""

SCHEMES: Mapping[str, LabelScheme] = MappingProxyType(
    {scheme.name: scheme for scheme in (CLINICAL, ISIC2019, ISLAM2024, MELANOMA, SEVEN)}
)
