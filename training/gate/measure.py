"""What the gate is fitted on: signs and pooled features of pictures, as serving measures them. No TensorFlow here."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from app.screening.gate import compressed
from app.screening.preprocess import Image, working_image
from app.screening.screener import Screener
from app.screening.signs import SIGNS, Floats, measure_signs

Random = np.random.Generator

LEAST_VIEW = 0.7
"""Side of the part of a picture that a variation shows, as a share of the whole."""

LIGHT = (-0.45, 0.2)
"""Range of the log factor of its brightness: 0.64 to 1.22."""

TINT, BLUR, GRAIN = 0.06, 1.3, 5.0
"""Standard deviation of the log factor of each colour; largest blur in pixels of the working image (none in a third of
the variations); largest noise in grey levels."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Attributes:
    signs: float64 (N, len(SIGNS)).
    features: float64 (N, D), after `compressed`.
    probabilities: float32 (N, K), of the model, before calibration.
    """

    signs: Floats
    features: Floats
    probabilities: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.signs)

    def __add__(self, other: "Measured") -> "Measured":
        return Measured(
            np.vstack([self.signs, other.signs]),
            np.vstack([self.features, other.features]),
            np.vstack([self.probabilities, other.probabilities]),
        )

    def columns(self, names: Iterable[str]) -> Floats:
        """The signs of these names, float64 (N, names)."""
        return self.signs[:, [SIGNS.index(name) for name in names]]


def measure(screener: Screener, images: Iterable[Image], total: int, what: str) -> Measured:
    """Measures pictures RGB uint8 (H, W, 3), one at a time; `total` and `what` are for the progress bar."""
    signs, features, probabilities = [], [], []
    for image in tqdm(images, desc=what, total=total, unit="image"):
        screening = screener.screen_image(image)
        signs.append(measure_signs(image, working_image(image, screener.bundle.preprocess)))
        features.append(compressed(screening.features))
        probabilities.append(screening.raw_probabilities)
    return Measured(np.array(signs), np.array(features), np.array(probabilities))


def varied(image: Image, side: int, random: Random) -> Image:
    """A picture as another camera might have taken it: RGB uint8 (side, side, 3).

    A part of it, in another light and tint, softer, with grain. A gate that is fitted on one data set alone takes that
    data set's cameras for a property of lesions.
    """
    height, width = image.shape[:2]
    share = random.uniform(LEAST_VIEW, 1)
    rows, columns = max(1, int(height * share)), max(1, int(width * share))
    top, left = int(random.integers(0, height - rows + 1)), int(random.integers(0, width - columns + 1))
    view = image[top : top + rows, left : left + columns]
    scene = cv2.resize(view, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.float64)
    scene *= np.exp(random.normal(scale=TINT, size=3) + random.uniform(*LIGHT))
    blur = random.uniform(-BLUR / 2, BLUR)
    if blur > 0:
        scene = cv2.GaussianBlur(scene, (0, 0), max(blur, 0.1))
    scene += random.normal(scale=random.uniform(0, GRAIN), size=scene.shape)
    return np.asarray(np.clip(scene, 0, 255), np.uint8)
