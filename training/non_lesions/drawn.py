"""The drawn half of the trial set: documents, screens, faces, blank photos and grain of a camera."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import cv2
import numpy as np

from app.screening.preprocess import Image
from training.non_lesions.development import Draw, Random

WORDS = (
    "lesion", "clinic", "the", "of", "referral", "17", "patient", "and", "dose", "to", "report", "from", "mg", "in",
    "street", "for", "date", "with",
)  # fmt: skip
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)
LIGHTS = ((255, 255, 255), (250, 244, 228), (236, 232, 226), (228, 236, 242))
INKS = ((20, 20, 24), (30, 40, 110), (70, 64, 60))
HAIR = ((28, 22, 20), (84, 56, 36), (150, 110, 64), (172, 168, 164))
WALLS = ((226, 222, 214), (172, 186, 196), (120, 126, 118), (206, 180, 150), (70, 84, 104))
FACES = ((236, 196, 170), (205, 150, 118), (156, 104, 74), (96, 62, 46))


def pick(random: Random, colours: tuple[tuple[int, int, int], ...]) -> tuple[int, int, int]:
    """One of the colours."""
    return colours[int(random.integers(len(colours)))]


def paper(random: Random, side: int) -> Image:
    """A lit sheet: nearly white, a little brighter on one side."""
    light = np.linspace(1, random.uniform(0.8, 1), side)[:, np.newaxis, np.newaxis]
    sheet = np.broadcast_to(np.array(pick(random, LIGHTS)) * light, (side, side, 3))
    return np.clip(sheet, 0, 255).astype(np.uint8)


def draw_letter(random: Random, side: int) -> Image:
    """A page of text."""
    picture, ink = paper(random, side), pick(random, INKS)
    font, size = FONTS[int(random.integers(len(FONTS)))], random.uniform(0.3, 0.9)
    for line in range(int(24 * size), side, int(34 * size)):
        words = " ".join(random.choice(WORDS, size=int(random.integers(1, 16))))
        cv2.putText(picture, words, (int(random.integers(6, 30)), line), font, size, ink, 1, cv2.LINE_AA)
    return picture


def draw_form(random: Random, side: int) -> Image:
    """A table with entries."""
    picture, ink = paper(random, side), pick(random, INKS)
    rows, columns = (np.linspace(8, side - 8, int(random.integers(3, 12))).astype(int) for _ in range(2))
    for row in rows.tolist():
        cv2.line(picture, (8, row), (side - 8, row), ink, 1)
    for column in columns.tolist():
        cv2.line(picture, (column, 8), (column, side - 8), ink, 1)
        for row in rows.tolist():
            entry = str(random.choice(WORDS))
            cv2.putText(picture, entry, (column + 3, row - 4), FONTS[0], 0.35, ink, 1, cv2.LINE_AA)
    return picture


def draw_code(random: Random, side: int) -> Image:
    """A square code or a bar code on paper."""
    picture, cells = paper(random, side), int(random.integers(15, 45))
    bits = random.integers(0, 2, (1 if random.uniform() < 0.4 else cells, cells), dtype=np.uint8)
    box = side * 3 // 4
    code = cv2.resize(bits * 255, (box, box), interpolation=cv2.INTER_NEAREST)
    start = (side - box) // 2
    picture[start : start + box, start : start + box][code == 0] = pick(random, INKS)
    return picture


def draw_chart(random: Random, side: int) -> Image:
    """Bars or a curve between axes."""
    picture, ink, colours = paper(random, side), pick(random, INKS), random.integers(0, 256, (8, 3)).tolist()
    base, left = side * 7 // 8, side // 8
    heights = random.uniform(0.1, 0.75, 8)
    for bar, height in enumerate(heights):
        x, top = left + bar * side // 10, int(base - height * side)
        if len(set(colours[0])) > 2 and random.uniform() < 0.7:
            cv2.rectangle(picture, (x, top), (x + side // 14, base), colours[bar], -1)
        else:
            cv2.circle(picture, (x, top), 4, colours[0], -1, cv2.LINE_AA)
    cv2.line(picture, (left, base), (side - 8, base), ink, 2)
    cv2.line(picture, (left, base), (left, 8), ink, 2)
    return picture


def draw_screen(random: Random, side: int) -> Image:
    """Windows of a program, light or dark."""
    dark = random.uniform() < 0.5
    picture = np.full((side, side, 3), random.integers(20, 60) if dark else random.integers(215, 250), np.uint8)
    for _ in range(int(random.integers(3, 9))):
        x, y = random.integers(0, side * 3 // 4, 2).tolist()
        panel = random.integers(30, 110, 3) if dark else random.integers(150, 256, 3)
        cv2.rectangle(picture, (x, y), (x + side // 3, y + side // 4), panel.tolist(), -1)
        cv2.rectangle(picture, (x, y), (x + side // 3, y + 12), random.integers(0, 256, 3).tolist(), -1)
        for line in range(y + 24, y + side // 4, 12):
            cv2.putText(picture, str(random.choice(WORDS)), (x + 4, line), FONTS[0], 0.35, (128, 128, 128), 1)
    return picture


def draw_face(random: Random, side: int) -> Image:
    """A face from the front, in the colours of skin."""
    picture, skin = np.full((side, side, 3), pick(random, WALLS), np.uint8), np.array(pick(random, FACES))
    x, y = side // 2 + int(random.integers(-15, 16)), side // 2
    width, height = int(side * random.uniform(0.22, 0.36)), int(side * random.uniform(0.32, 0.44))
    hair = pick(random, HAIR)
    cv2.ellipse(picture, (x, y - height // 6), (int(width * 1.15), int(height * 1.1)), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y + height // 8), (width, height), 0, 0, 360, skin.tolist(), -1, cv2.LINE_AA)
    for way in (-1, 1):
        eye = (x + way * width * 2 // 5, y - height // 8)
        cv2.ellipse(picture, eye, (width // 5, height // 12), 0, 0, 360, (250, 250, 250), -1, cv2.LINE_AA)
        cv2.circle(picture, eye, width // 11, pick(random, INKS), -1, cv2.LINE_AA)
        cv2.line(
            picture, (eye[0] - width // 4, eye[1] - height // 6), (eye[0] + width // 4, eye[1] - height // 6), hair, 3
        )
    cv2.line(picture, (x, y), (x - width // 10, y + height // 3), (skin * 0.75).tolist(), 2, cv2.LINE_AA)
    mouth = (width * 2 // 5, height // 10)
    cv2.ellipse(picture, (x, y + height * 5 // 8), mouth, 0, 0, 180, (176, 70, 70), -1, cv2.LINE_AA)
    return grainy(picture, random)


def draw_blank_photo(random: Random, side: int) -> Image:
    """A photo of nothing: lens cap, wall, paper, palm close to the lens; unevenly lit, with a camera's grain."""
    levels = ((8, 8, 10), (250, 250, 248), (128, 130, 126), (200, 190, 170), (224, 180, 158), (150, 104, 84))
    rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
    corners = 1 - random.uniform(0, 0.5) * (rows**2 + columns**2) * 2
    slope = 1 + random.uniform(-0.2, 0.2) * rows + random.uniform(-0.2, 0.2) * columns
    lit = np.array(pick(random, levels)) * (corners * slope)[:, :, np.newaxis]
    return grainy(np.clip(lit, 0, 255).astype(np.uint8), random)


def draw_interference(random: Random, side: int) -> Image:
    """Salt and pepper, coarse colour blocks or lines of a broken signal."""
    kind = int(random.integers(3))
    if kind == 0:
        picture = np.full((side, side, 3), random.integers(0, 256, 3), np.uint8)
        hit = random.uniform(size=(side, side))
        picture[hit < 0.15], picture[hit > 0.85] = 0, 255
        return picture
    cells = (int(random.integers(6, 60)), 1 if kind == 2 else int(random.integers(6, 60)), 3)
    blocks = random.integers(0, 256, cells, dtype=np.uint8)
    return np.asarray(cv2.resize(blocks, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)


def grainy(picture: Image, random: Random) -> Image:
    """With a camera's noise and its softness."""
    noisy = picture + random.normal(scale=random.uniform(1, 8), size=picture.shape)
    soft = cv2.GaussianBlur(np.clip(noisy, 0, 255).astype(np.uint8), (0, 0), 0.3 + math.sqrt(random.uniform(0, 0.8)))
    return np.asarray(soft, np.uint8)


DRAWN: Mapping[str, Draw] = MappingProxyType(
    {
        "documents: letters": draw_letter,
        "documents: forms": draw_form,
        "documents: codes": draw_code,
        "charts": draw_chart,
        "screens": draw_screen,
        "drawn faces": draw_face,
        "blank photos": draw_blank_photo,
        "interference": draw_interference,
    }
)
