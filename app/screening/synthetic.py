"""Drawn lesions: free of any patient and any licence, for parity samples, tests and demonstrations.

They are drawn after dermoscopy, in its colours, with uneven skin and pigment, soft borders, shaded corners and hairs,
so that most of them pass a gate that was fitted on real pictures; `draw_accepted` finds one that does. They are no
evidence of anything.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Drawing = npt.NDArray[np.uint8]

SKINS = ((232, 160, 160), (226, 150, 146), (214, 168, 150), (220, 162, 178), (206, 176, 166))
PIGMENTS = ((104, 46, 46), (122, 62, 50), (86, 42, 48), (140, 74, 60))
"""RGB, as a dermatoscope's light shows them."""

HAIR = (70, 44, 44)
SEEDS_TRIED = 64


def draw_lesion(seed: int, height: int = 224, width: int = 224) -> Drawing:
    """Draws one.

    Args:
        seed: decides shape, colour, texture and hairs.
        height, width: pixels.

    Returns:
        RGB uint8 (height, width, 3).
    """
    random = np.random.default_rng(seed)
    skin, pigment = (
        np.array(colours[int(random.integers(len(colours)))]) + random.normal(scale=5, size=3)
        for colours in (SKINS, PIGMENTS)
    )
    inside, spot = _outline(random, height, width)
    uneven = _field(random, height, width, 1.6)
    strands = _field(random, height, width, 1.1)
    depth = inside * np.clip(0.66 + 0.3 * spot + 0.2 * strands, 0.1, 1.15)
    colour = skin + 9 * uneven[..., np.newaxis] * np.array([0.6, 1, 0.9])
    colour += (pigment - colour) * depth[..., np.newaxis]
    redness = np.clip(0.5 - spot, 0, 1) * inside * random.uniform(0, 26)
    colour += redness[..., np.newaxis] * np.array([1, -0.3, -0.1])
    colour += 3 * _field(random, height, width, 0.7)[..., np.newaxis]
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    colour *= (1 - random.uniform(0.04, 0.14) * (rows**2 + columns**2))[..., np.newaxis]
    picture: Drawing = np.clip(colour, 0, 255).astype(np.uint8)
    for _ in range(int(random.integers(0, 4))):
        _draw_hair(picture, random)
    return picture


def draw_accepted(accepted: Callable[[Drawing], bool], first_seed: int = 1, height: int = 224, width: int = 224) -> int:
    """The first seed from `first_seed` on whose drawing is accepted.

    Args:
        accepted: such as whether a screener assesses it.
        first_seed: to begin with.
        height, width: pixels.

    Raises:
        ValueError: none of SEEDS_TRIED seeds is.
    """
    for seed in range(first_seed, first_seed + SEEDS_TRIED):
        if accepted(draw_lesion(seed, height, width)):
            return seed
    raise ValueError(f"none of {SEEDS_TRIED} drawn lesions from seed {first_seed} on is accepted")


def _outline(random: np.random.Generator, height: int, width: int) -> tuple[Floats, Floats]:
    """How far each pixel is in the lesion, 0..1 (height, width), and how near its middle, 1 to 0 at the border."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
    y = rows / height - random.uniform(0.44, 0.56)
    x = columns / width - random.uniform(0.44, 0.56)
    turn, stretch = random.uniform(0, np.pi), random.uniform(1, 1.5)
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    angle, distance = np.arctan2(across, along), np.hypot(along / stretch, across)
    radius = np.full_like(angle, random.uniform(0.15, 0.25))
    for waves in range(2, 9):
        radius *= 1 + random.uniform(0, 0.3) / waves * np.sin(waves * angle + random.uniform(0, 2 * np.pi))
    radius *= 1 + 0.08 * _field(random, height, width, 1.3)
    inside = 1 / (1 + np.exp((distance - radius) * random.uniform(28, 70)))
    return inside, np.clip(1 - distance / radius, 0, 1)


def _field(random: np.random.Generator, height: int, width: int, roughness: float) -> Floats:
    """A random field (height, width) of mean 0 and deviation 1; its amplitudes fall as frequency ** -roughness."""
    rows, columns = np.fft.fftfreq(height)[:, np.newaxis] * height, np.fft.rfftfreq(width)[np.newaxis] * width
    # Frequencies are counted a picture, and none above 56, so that a larger drawing shows the same, not finer grain.
    frequency = np.hypot(rows, columns)
    amplitude = np.where((frequency > 0) & (frequency < 56), np.maximum(frequency, 1) ** -roughness, 0)
    phases = np.exp(2j * np.pi * random.uniform(size=frequency.shape))
    field = np.fft.irfft2(amplitude * phases, s=(height, width))
    return np.asarray((field - field.mean()) / field.std())


def _draw_hair(picture: Drawing, random: np.random.Generator) -> None:
    """A bent hair from one point to another."""
    height, width = picture.shape[:2]
    ends, bend = random.uniform(0, [width, height], (2, 2)), random.normal(scale=min(height, width) / 6, size=2)
    share = np.linspace(0, 1, 24)[:, np.newaxis]
    points = ends[0] + (ends[1] - ends[0]) * share + bend * 4 * share * (1 - share)
    cv2.polylines(picture, [points.round().astype(np.int32)], isClosed=False, color=HAIR, lineType=cv2.LINE_AA)
