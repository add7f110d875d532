"""The pictures that speed is measured with: drawn lesions, so that the same bytes are measured everywhere."""

from functools import cache

from tests.helpers.uploads import encoded, lesion

USUAL = "600×450"
"""The size of HAM10000's pictures."""

LARGE = "4000×3000"
SIZES = {"224×224": (224, 224), USUAL: (450, 600), "1024×1024": (1024, 1024), LARGE: (3000, 4000)}
"""Name: height, width."""


@cache
def picture(size: str) -> bytes:
    """A JPEG of that size."""
    return encoded(lesion(1, *SIZES[size]), "JPEG", quality=90)
