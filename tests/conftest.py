"""Fixtures of all tests. Real images come from LESION_DATA_ROOT or ../shared/data; others are drawn."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.config import DEFAULT_BUNDLE, REPOSITORY
from app.screening.screener import Screener
from tests.helpers.server import Server, serve

DATA_ROOT = Path(os.environ.get("LESION_DATA_ROOT", REPOSITORY.parent / "shared" / "data"))
ON_CI = os.environ.get("CI") == "true"


def skip_or_fail(reason: str) -> None:
    """What is missing is a failure on CI, and a skip with its reason elsewhere."""
    if ON_CI:
        pytest.fail(f"{reason} (a failure because CI=true)")
    pytest.skip(reason)


def pytest_collection_finish(session: pytest.Session) -> None:
    parts = {item.path.relative_to(REPOSITORY / "tests").parts[0] for item in session.items}
    if "training" in parts and len(parts) > 1:
        pytest.exit("TensorFlow breaks tflite-runtime in one process: run tests/training apart, like `make test`.", 2)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The research data, or a skip."""
    if not (DATA_ROOT / "ham10000" / "HAM10000_metadata.csv").is_file():
        skip_or_fail(f"no research data in {DATA_ROOT}; set LESION_DATA_ROOT")
    return DATA_ROOT


@pytest.fixture(scope="session")
def real_images(data_root: Path) -> Sequence[Path]:
    """Thirty images of HAM10000, over all of it."""
    images = sorted((data_root / "ham10000").glob("HAM10000_images_part_*/*.jpg"))
    return images[:: len(images) // 30][:30]


@pytest.fixture(scope="session")
def bundle_folder() -> Path:
    """The bundle that the app serves."""
    return DEFAULT_BUNDLE


@pytest.fixture(scope="session")
def screener(bundle_folder: Path) -> Screener:
    return Screener.from_folder(bundle_folder)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real gunicorn on a free port, as `make run` starts it."""
    with serve() as running:
        yield running
