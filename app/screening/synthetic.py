"""Drawn lesions: free of any patient and any licence, for parity samples, tests and demonstrations.

They look like a lesion to the six stages (dark, irregular, on textured skin), and are no evidence of anything.
"""

import cv2
import numpy as np
import numpy.typing as npt

SKIN = np.array([222, 178, 156], np.float32)
PIGMENT = np.array([112, 68, 52], np.float32)


def draw_lesion(seed: int, height: int = 224, width: int = 224) -> npt.NDArray[np.uint8]:
    """Draws one.

    Args:
        seed: decides shape, colour, texture and hairs.
        height, width: pixels.

    Returns:
        RGB uint8 (height, width, 3).
    """
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    y = (rows - height * random.uniform(0.42, 0.58)) / height
    x = (columns - width * random.uniform(0.42, 0.58)) / width
    angle = np.arctan2(y, x)
    radius = np.full_like(angle, random.uniform(0.16, 0.3))
    for waves in range(2, 7):
        radius *= 1 + random.uniform(0, 0.22) / waves * np.sin(waves * angle + random.uniform(0, 2 * np.pi))
    inside = 1 / (1 + np.exp((np.hypot(x, y) - radius) * random.uniform(60, 160)))
    blotches = cv2.GaussianBlur(random.normal(size=(height, width)).astype(np.float32), (0, 0), height / 20)
    blotches /= np.abs(blotches).max()
    depth = inside * (0.75 + 0.35 * blotches)
    colour = SKIN + (PIGMENT * random.uniform(0.7, 1.2) - SKIN) * depth[:, :, np.newaxis]
    colour += random.normal(scale=2.5, size=(height, width, 1))
    picture: npt.NDArray[np.uint8] = np.clip(colour, 0, 255).astype(np.uint8)
    for _ in range(int(random.integers(0, 5))):
        start, end = random.integers(0, [width, height], size=(2, 2))
        cv2.line(picture, start.tolist(), end.tolist(), (60, 45, 40), 1, cv2.LINE_AA)
    return picture
