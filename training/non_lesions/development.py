"""The development set, drawn: what candidates for the gate are compared on. Of no kind that the trial set has."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
import numpy.typing as npt

from app.screening.preprocess import Image

Random = np.random.Generator
Draw = Callable[[Random, int], Image]
"""From a random generator and a side in pixels to RGB uint8 (side, side, 3)."""

SKIN = np.array([222, 178, 156], np.float64)
PIGMENT = np.array([112, 68, 52], np.float64)


def colour(random: Random) -> npt.NDArray[np.float64]:
    """Half of the time a colour between skin and pigment, else a grey one or any; float (3,), 0..255."""
    kind = random.uniform()
    if kind < 0.5:
        between = PIGMENT + (SKIN - PIGMENT) * random.uniform(0, 1.15)
        return np.asarray(np.clip(between + random.normal(scale=8, size=3), 0, 255))
    if kind < 0.7:
        return np.full(3, random.uniform(0, 255))
    return random.uniform(0, 255, 3)


def to_image(values: npt.NDArray[np.float64]) -> Image:
    """Float (H, W, 3), clipped to 0..255."""
    return np.clip(values, 0, 255).astype(np.uint8)


def blend(share: npt.NDArray[np.float64], random: Random) -> Image:
    """From one colour to another by a share (H, W) of 0..1; half of the time from pigment to skin, to be harder."""
    one, other = (PIGMENT, SKIN) if random.uniform() < 0.5 else (colour(random), colour(random))
    return to_image(one + (other - one) * share[:, :, np.newaxis])


def clouds(random: Random, side: int, roughness: float) -> npt.NDArray[np.float64]:
    """Random field (side, side) of 0..1 whose amplitudes fall with the frequency to the power of `roughness`."""
    rows, columns = np.fft.fftfreq(side)[:, np.newaxis], np.fft.rfftfreq(side)[np.newaxis]
    frequency = np.maximum(np.hypot(rows, columns), 1 / side)
    phases = np.exp(2j * np.pi * random.uniform(size=frequency.shape))
    field = np.fft.irfft2(frequency**-roughness * phases, s=(side, side))
    field -= field.min()
    return np.asarray(field / field.max())


def draw_plain(random: Random, side: int) -> Image:
    """One colour."""
    return to_image(np.broadcast_to(colour(random), (side, side, 3)))


def draw_noise(random: Random, side: int) -> Image:
    """Each pixel for itself, grey or coloured, around a colour or over all levels."""
    channels = int(random.choice([1, 3]))
    if random.uniform() < 0.5:
        return to_image(np.broadcast_to(random.uniform(0, 255, (side, side, channels)), (side, side, 3)))
    return to_image(colour(random) + random.normal(scale=random.uniform(10, 70), size=(side, side, channels)))


def draw_gradient(random: Random, side: int) -> Image:
    """Straight or round."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    angle = random.uniform(0, 2 * math.pi)
    straight = (rows - 0.5) * math.sin(angle) + (columns - 0.5) * math.cos(angle) + 0.5
    centre = random.uniform(0, 1, 2)
    share = straight if random.uniform() < 0.5 else np.hypot(rows - centre[0], columns - centre[1])
    return blend(np.clip(share, 0, 1), random)


def draw_stripes(random: Random, side: int) -> Image:
    """Stripes or checks, hard or soft, at any angle."""
    rows, columns = np.mgrid[0:side, 0:side] / side
    angle, waves = random.uniform(0, math.pi), random.uniform(2, 30)
    along = np.sin(2 * math.pi * waves * (rows * math.sin(angle) + columns * math.cos(angle)))
    across = np.sin(2 * math.pi * waves * (rows * math.cos(angle) - columns * math.sin(angle)))
    wave = along * across if random.uniform() < 0.5 else along
    return blend((wave > 0).astype(np.float64) if random.uniform() < 0.5 else (wave + 1) / 2, random)


def draw_shapes(random: Random, side: int) -> Image:
    """Filled polygons, discs and boxes."""
    picture = draw_plain(random, side)
    for _ in range(int(random.integers(3, 25))):
        filled, at = colour(random).tolist(), random.integers(0, side, (int(random.integers(3, 7)), 2), dtype=np.int32)
        if random.uniform() < 0.5:
            cv2.fillPoly(picture, [at], filled, cv2.LINE_AA)
        else:
            cv2.circle(picture, at[0].tolist(), int(random.integers(side // 20, side // 4)), filled, -1, cv2.LINE_AA)
    return picture


def draw_clouds(random: Random, side: int) -> Image:
    """Cloudy textures from coarse to fine."""
    return blend(clouds(random, side, random.uniform(0.4, 2.2)), random)


def draw_tiles(random: Random, side: int) -> Image:
    """Cells around random points, as of stones, with dark joints."""
    points = random.uniform(0, side, (int(random.integers(12, 120)), 2))
    rows, columns = np.mgrid[0:side, 0:side]
    distances = np.sort(
        np.hypot(rows[..., np.newaxis] - points[:, 0], columns[..., np.newaxis] - points[:, 1]), axis=-1
    )
    joints = np.clip((distances[..., 1] - distances[..., 0]) / random.uniform(2, 12), 0, 1)
    nearest = np.argmin(
        np.hypot(rows[..., np.newaxis] - points[:, 0], columns[..., np.newaxis] - points[:, 1]), axis=-1
    )
    tones = colour(random) * random.uniform(0.6, 1.3, (len(points), 1))
    return to_image(tones[nearest] * joints[..., np.newaxis])


def draw_landscape(random: Random, side: int) -> Image:
    """Sky, sun and hills."""
    picture = draw_gradient(random, side)
    cv2.circle(picture, random.integers(0, side, 2).tolist(), side // 10, colour(random).tolist(), -1, cv2.LINE_AA)
    columns = np.arange(side)
    for ridge in np.sort(random.uniform(0.3, 0.9, 4)):
        waves = sum(np.sin(columns / side * random.uniform(4, 20) + random.uniform(0, 6)) for _ in range(3))
        line = (ridge * side + np.asarray(waves) * side / 30).astype(np.int32)
        ground = np.array([[0, side], *zip(columns, line, strict=True), [side, side]], np.int32)
        cv2.fillPoly(picture, [ground], colour(random).tolist(), cv2.LINE_AA)
    return picture


DEVELOPMENT: Mapping[str, Draw] = MappingProxyType(
    {
        "one colour": draw_plain,
        "pixel noise": draw_noise,
        "colour gradients": draw_gradient,
        "stripes and checks": draw_stripes,
        "coloured shapes": draw_shapes,
        "cloudy textures": draw_clouds,
        "tiles": draw_tiles,
        "landscapes": draw_landscape,
    }
)
PICTURES = 40
"""Of each kind."""

SIDE = 256
SEED = 1


def development_set() -> dict[str, list[Image]]:
    """{kind: pictures}, the same each time."""
    random = np.random.default_rng(SEED)
    return {kind: [draw(random, SIDE) for _ in range(PICTURES)] for kind, draw in DEVELOPMENT.items()}
