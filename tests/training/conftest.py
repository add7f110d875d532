"""A small data set in HAM10000's layout, drawn by the tests."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from app.screening.synthetic import draw_lesion
from training.datasets import ham10000, manifests, parts
from training.datasets.parts import TrainingData
from training.datasets.schemes import CLINICAL
from training.datasets.splits import PROTOCOLS, make_split
from training.recipe import Recipe, load_recipe

LESIONS_PER_CLASS = 14


@pytest.fixture(scope="session")
def drawn_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with 98 lesions of seven classes; every third lesion has two images."""
    root = tmp_path_factory.mktemp("data")
    folder = root / ham10000.NAME
    rows, number = [], 0
    for part in ham10000.IMAGE_FOLDERS:
        (folder / part).mkdir(parents=True)
    for dx in ham10000.CLASSES:
        for lesion in range(LESIONS_PER_CLASS):
            for _ in range(2 if lesion % 3 == 0 else 1):
                image_id = f"DRAWN_{number:04}"
                part = ham10000.IMAGE_FOLDERS[number % 2]
                picture = cv2.cvtColor(draw_lesion(number, 96, 96), cv2.COLOR_RGB2BGR)
                if CLINICAL.is_malignant(dx):
                    picture //= 3  # something that can be learned in seconds
                cv2.imwrite(str(folder / part / f"{image_id}.jpg"), picture)
                rows.append([f"LESION_{dx}_{lesion}", image_id, dx, "histo", "55.0", "female", "back"])
                number += 1
    write_metadata(folder / ham10000.METADATA, rows)
    return root


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    """The shipped recipe in small: pictures of 64 pixels, three epochs, float32."""
    shipped = load_recipe("three_block_ham10000")
    small = replace(shipped.preprocess, working_size=64, output_size=64)
    quick = replace(shipped.fit, cycles=(2, 1), warmup_epochs=0.5, batch_size=8, mixed_precision="float32")
    return replace(shipped, name="drawn", split="drawn", preprocess=small, fit=quick)


@pytest.fixture(scope="module")
def drawn_split(drawn_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Manifests are read from a folder with the drawn data set's."""
    folder = tmp_path_factory.mktemp("splits")
    make_split(ham10000.read(drawn_root).records, PROTOCOLS["lesion"], name="drawn", seed=1).save(folder)
    load = manifests.SplitManifest.load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts.SplitManifest, "load", lambda name: load(name, folder))
        yield


@pytest.fixture(scope="module")
def drawn_data(recipe: Recipe, drawn_root: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    """Training and validation part of the drawn data set; for modules that use `drawn_split`."""
    return parts.training_data(recipe, CLINICAL, drawn_root, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def whole_run(recipe: Recipe, drawn_data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of `recipe`."""
    from training.fit import fit

    run = tmp_path_factory.mktemp("whole") / "drawn"
    fit(recipe, CLINICAL, drawn_data, run)
    return run


def write_metadata(path: Path, rows: list[list[str]], columns: tuple[str, ...] = ham10000.COLUMNS) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
