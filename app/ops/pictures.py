"""Pictures inside answers: data: URIs made of pixels alone, so that no metadata of the upload is in them."""

import base64

import cv2
import numpy as np
import numpy.typing as npt

HEAT_SIDE = 224
HEAT_COLOUR = (0, 216, 255)
"""RGB. Turquoise stands out from brown, red and skin. One colour whose strength is the evidence: a rainbow would draw
borders where there are none."""

HEAT_OPACITY = 230
QUALITY = 86
"""Of a JPEG, 1..100."""

Image = npt.NDArray[np.uint8]


def heat_uri(evidence: npt.NDArray[np.float32]) -> str:
    """`heat_png` inside a data: URI."""
    return data_uri("png", heat_png(evidence))


def heat_png(evidence: npt.NDArray[np.float32]) -> bytes:
    """Evidence (h, w), 0..1, as a transparent square PNG to be laid, stretched, over its picture."""
    strength = np.clip(cv2.resize(evidence, (HEAT_SIDE, HEAT_SIDE), interpolation=cv2.INTER_CUBIC), 0, 1)
    overlay = np.empty((HEAT_SIDE, HEAT_SIDE, 4), np.uint8)
    overlay[:, :, :3] = HEAT_COLOUR[::-1]
    overlay[:, :, 3] = np.rint(strength * HEAT_OPACITY)
    return encoded(".png", overlay, [])


def jpeg_uri(image: Image, side: int) -> str:
    """An RGB image (H, W, 3) as a JPEG of at most `side` pixels a side, inside a data: URI."""
    return data_uri("jpeg", jpeg(image, side))


def jpeg(image: Image, side: int) -> bytes:
    """An RGB image (H, W, 3) as a JPEG of at most `side` pixels a side."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    return encoded(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def png_uri(image: Image) -> str:
    """An RGB image (H, W, 3), pixel for pixel, as a PNG."""
    return data_uri("png", encoded(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), []))


def encoded(suffix: str, pixels: Image, options: list[int]) -> bytes:
    """The bytes of a file with what OpenCV takes: BGR or BGRA (H, W, channels)."""
    done, content = cv2.imencode(suffix, pixels, options)
    if not done:
        raise RuntimeError(f"a picture could not be encoded as {suffix}")
    return content.tobytes()


def data_uri(kind: str, content: bytes) -> str:
    """The bytes of an image/`kind` file inside a data: URI."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
