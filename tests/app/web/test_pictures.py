"""Pictures inside pages."""

import base64
import io

import numpy as np
from PIL import Image

from app.ops.pictures import heat_uri, jpeg_uri
from app.web.pictures import outline_path
from tests.helpers.uploads import lesion


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_the_preview_is_small_and_free_of_metadata() -> None:
    image = np.asarray(lesion(2, 900, 1200))
    preview = opened(jpeg_uri(image, 640))
    assert preview.size == (640, 480)
    assert not preview.getexif()
    assert np.abs(np.asarray(preview.convert("RGB"))[5, 5].astype(int) - image[9, 9].astype(int)).max() < 30


def test_a_small_picture_is_not_enlarged() -> None:
    assert opened(jpeg_uri(np.asarray(lesion(2, 80, 100)), 640)).size == (100, 80)


def test_the_heat_map_is_clear_where_nothing_speaks_and_strong_where_much_does() -> None:
    evidence = np.zeros((14, 14), np.float32)
    evidence[3, 10] = 1.0
    alpha = np.asarray(opened(heat_uri(evidence)))[:, :, 3]
    assert alpha[200, 20] == 0
    row, column = np.unravel_index(alpha.argmax(), alpha.shape)
    assert (row // 16, column // 16) == (3, 10)
    assert alpha.max() > 180


def test_an_outline_is_a_closed_path_in_percent() -> None:
    corners = np.array([[0.1, 0.2], [0.5, 0.2], [0.5, 0.75]], np.float32)
    assert outline_path(corners) == "M10.0 20.0 L50.0 20.0 L50.0 75.0Z"
