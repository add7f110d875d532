"""The photographed half of the trial set: what scikit-learn, scikit-image and matplotlib ship in their wheels.

Read as files; nothing is downloaded, and scikit-image is never imported.
"""

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from app.screening.preprocess import Image
from training.errors import TrainingError
from training.non_lesions.development import Random

FOLDERS = {"skimage": "data", "sklearn": "datasets/images", "matplotlib": "mpl-data/sample_data"}
PHOTOS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "photos: places and things": (
            ("sklearn", "china.jpg"), ("sklearn", "flower.jpg"), ("skimage", "camera.png"), ("skimage", "chelsea.png"),
            ("skimage", "clock_motion.png"), ("skimage", "coffee.png"), ("skimage", "coins.png"),
            ("skimage", "motorcycle_left.png"), ("skimage", "rocket.jpg"),
        ),
        "photos: sky": (("skimage", "hubble_deep_field.jpg"), ("skimage", "moon.png")),
        "photos: surfaces": (("skimage", "brick.png"), ("skimage", "grass.png"), ("skimage", "gravel.png")),
        "photos: portraits": (("skimage", "astronaut.png"), ("matplotlib", "grace_hopper.jpg")),
        "photos: printed text": (("skimage", "page.png"), ("skimage", "text.png")),
        "photos: medical, not of skin": (
            ("skimage", "cell.png"), ("skimage", "ihc.png"), ("skimage", "microaneurysms.png"),
            ("skimage", "phantom.png"), ("skimage", "retina.jpg"),
        ),
        "graphics": (
            ("skimage", "chessboard_RGB.png"), ("skimage", "color.png"), ("skimage", "horse.png"),
            ("skimage", "logo.png"), ("matplotlib", "logo2.png"), ("matplotlib", "Minduka_Present_Blue_Pack.png"),
        ),
    }
)  # fmt: skip
CROPS = 8
"""Of each photo, beside the whole."""

LEAST_CROP, LARGEST_CROP = 0.35, 0.8
"""Side of a crop, as a share of the photo's shorter one."""

FACES = ("skimage", "lfw_subset.npy")
"""100 faces and 100 other patches of Labeled Faces in the Wild (Huang et al. 2007), grey, 25×25; the faces first."""

FACE_COUNT, FACE_SIDE = 100, 200


def photos(random: Random) -> dict[str, list[Image]]:
    """{kind: each photo whole, then crops of it}, and the small faces enlarged.

    Raises:
        TrainingError: one of the libraries is not installed, or no longer ships a photo.
    """
    found: dict[str, list[Image]] = {}
    for kind, names in PHOTOS.items():
        wholes = [_read(_path(*name)) for name in names]
        found[kind] = [picture for whole in wholes for picture in (whole, *(crop(whole, random) for _ in range(CROPS)))]
    faces = (np.load(_path(*FACES), allow_pickle=False)[:FACE_COUNT] * 255).astype(np.uint8)
    found["photos: small faces"] = [
        np.asarray(
            cv2.cvtColor(cv2.resize(face, (FACE_SIDE, FACE_SIDE), interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2RGB)
        )
        for face in faces
    ]
    return found


def crop(whole: Image, random: Random) -> Image:
    """A square part of a picture."""
    height, width = whole.shape[:2]
    side = int(min(height, width) * random.uniform(LEAST_CROP, LARGEST_CROP))
    top, left = int(random.integers(0, height - side + 1)), int(random.integers(0, width - side + 1))
    return whole[top : top + side, left : left + side]


def _path(library: str, name: str) -> Path:
    spec = importlib.util.find_spec(library)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / FOLDERS[library] / name
        if path.is_file():
            return path
    raise TrainingError(f"{library} does not have its picture {name}; `pip install -r requirements-training.txt`")


def _read(path: Path) -> Image:
    """RGB on white where it is transparent."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise TrainingError(f"{path} cannot be read")
    if picture.ndim == 2:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), np.uint8)
    if picture.shape[2] == 3:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    rgba = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA).astype(np.float64)
    opaque = rgba[..., 3:] / 255
    return np.asarray(rgba[..., :3] * opaque + 255 * (1 - opaque)).astype(np.uint8)
