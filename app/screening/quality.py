"""Is this picture fit to be assessed? Warnings for the one who took it, and the gate, which refuses to give a class."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from app.screening.gate import QualityGate
from app.screening.preprocess import Image
from app.screening.signs import measure_signs
from app.screening.words import N_


@dataclass(frozen=True, slots=True)
class QualityWarning:
    """Attributes:
    code: stable, for programs.
    title: what is wrong, in words.
    advice: what to do.
    """

    code: str
    title: str
    advice: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Attributes:
    ok: there are no warnings.
    warnings: the one that refuses first.
    assessable: False where the gate refuses to give any class.
    unlikeness: how unlike the training pictures it is: 0 and more, refused above 1.
    """

    ok: bool
    warnings: tuple[QualityWarning, ...]
    assessable: bool
    unlikeness: float | None


UNLIKE_TRAINING = "unlike_training"
WARNINGS: Mapping[str, QualityWarning] = MappingProxyType(
    {
        warning.code: warning
        for warning in (
            QualityWarning(
                UNLIKE_TRAINING,
                N_("The picture does not look like those that the model learnt from"),
                N_("Send a dermoscopic photo of one lesion, with the lesion in the middle and skin around it."),
            ),
            QualityWarning(
                "blurred",
                N_("The picture is blurred"),
                N_("Hold still, tap to focus, and take it again."),
            ),
            QualityWarning(
                "too_dark",
                N_("The picture is too dark"),
                N_("Switch on the light of the dermatoscope, or find more light, and take it again."),
            ),
            QualityWarning(
                "too_bright",
                N_("Parts of the picture are too bright"),
                N_("Avoid reflections and direct light, or lower the exposure, and take it again."),
            ),
            QualityWarning(
                "low_contrast",
                N_("The picture has hardly any contrast"),
                N_("Clean the lens, press the dermatoscope against the skin, and take it again."),
            ),
            QualityWarning(
                "cut_off",
                N_("The lesion, or a shadow, reaches the edge of the picture"),
                N_("Step back until there is skin all around the lesion, and take it again."),
            ),
            QualityWarning(
                "small_picture",
                N_("The picture is small"),
                N_("Send the original photo, not a thumbnail or a screenshot of it."),
            ),
        )
    }
)
"""By code, in the order in which they are told."""


def assess_quality(
    image: Image, working: Image, features: npt.NDArray[np.float32], gate: QualityGate | None
) -> Quality | None:
    """Looks for what makes an answer worthless.

    Args:
        image: RGB uint8 (H, W, 3), as it was decoded.
        working: RGB uint8 (side, side, 3), the same squashed for the preprocessing; everything but the size is
            measured on it, so that a photo of any size costs the same.
        features: float32 (D,), the model's for this picture.
        gate: the bundle's; without one nothing is known.

    Returns:
        None without a gate: not known, never "fine".
    """
    if gate is None:
        return None
    signs = measure_signs(image, working)
    unlikeness = gate.unlikeness(signs, features)
    assessable = unlikeness <= 1  # so that NaN refuses
    codes = {limit.code for limit in gate.warnings if limit.exceeded(signs)}
    if not assessable:
        codes.add(UNLIKE_TRAINING)
    warnings = tuple(warning for code, warning in WARNINGS.items() if code in codes)
    return Quality(not warnings, warnings, assessable, unlikeness)
