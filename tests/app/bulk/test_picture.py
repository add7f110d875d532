"""One file, one answer: that of the Screener, or why there is none."""

import hashlib
import os
from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.bulk.files import Listed, seen
from app.bulk.picture import AGAIN, answer
from app.screening.decode import DecodeLimits
from app.screening.screener import Screener, Screening
from app.screening.table import answer_cells
from tests.helpers.uploads import accepted_seed, encoded, lesion, truncated_jpeg, unlike_a_lesion


def write(path: Path, content: bytes) -> Listed:
    path.write_bytes(content)
    return seen(str(path))


def test_the_cells_are_what_the_screener_says(screener: Screener, tmp_path: Path) -> None:
    content = encoded(lesion(accepted_seed(screener)), "PNG")
    found = answer(screener, write(tmp_path / "a.png", content))
    expected = screener.screen(content)
    assert found.cells == {
        **answer_cells(expected), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()
    }  # fmt: skip
    assert found.cells["prediction"] == expected.prediction is not None
    assert found.cells["p_mel"] == next(entry.probability for entry in expected.classes if entry.label.code == "mel")


def test_a_picture_that_cannot_be_assessed_has_no_prediction_and_no_probability(
    screener: Screener, tmp_path: Path
) -> None:
    content = encoded(unlike_a_lesion()["noise"], "PNG")
    cells = answer(screener, write(tmp_path / "a.png", content)).cells
    assert cells["assessment"] == "cannot_assess"
    assert not [name for name in cells if name.startswith("p_") and cells[name] is not None]
    assert cells["prediction"] is cells["confidence"] is None
    assert "unlike_training" in str(cells["quality"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "empty_file"), (b"no picture", "unaccepted_format"), (truncated_jpeg(), "undecodable")],
)
def test_a_refused_file_is_a_row_with_its_reason(
    screener: Screener, tmp_path: Path, content: bytes, reason: str
) -> None:
    cells = answer(screener, write(tmp_path / "a.png", content)).cells
    assert cells["reason"] == reason
    assert cells["reason"] not in AGAIN
    assert str(cells["error"]).endswith(".")
    assert "prediction" not in cells


def test_a_file_above_the_limit_is_never_read(screener: Screener, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(10**12)
    cells = answer(screener, seen(str(path))).cells
    assert (cells["reason"], cells["bytes"], cells.get("sha256")) == ("too_many_bytes", 10**12, None)
    assert "this file has 1000000.0 MB" in str(cells["error"])


def test_what_is_gone_a_folder_or_a_pipe_is_a_row_and_is_tried_again(screener: Screener, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    reasons = [
        answer(screener, Listed(str(tmp_path / name))).cells["reason"] for name in ("gone.png", "pipe.png", ".", "a\nb")
    ]
    assert reasons == ["missing", "unreadable", "unreadable", "missing"]
    assert set(reasons) <= AGAIN


def test_a_file_that_changes_while_it_is_read_has_no_answer(
    screener: Screener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "a.png", encoded(lesion(), "PNG"))
    whole = os.fstat
    calls = iter(range(9))

    def stat(descriptor: int) -> os.stat_result:
        if next(calls) == 1:
            os.utime(file.path, ns=(0, 0))
        return whole(descriptor)

    monkeypatch.setattr("app.bulk.picture.os.fstat", stat)
    assert answer(screener, file).cells["reason"] == "changed"


def test_an_error_of_the_program_is_a_row_and_never_an_answer(bundle_folder: Path, tmp_path: Path) -> None:
    class Failing(Screener):
        def screen(self, upload: bytes) -> Screening:
            raise ValueError(f"{len(upload)} bytes")

    file = write(tmp_path / "a.png", b"12")
    cells = answer(Failing.from_folder(bundle_folder), file).cells
    assert (cells["reason"], cells.get("prediction")) == ("failed", None)
    assert "ValueError('2 bytes')" in str(cells["error"])


def test_a_heat_map_lies_under_the_name_of_the_pictures_bytes_and_shows_what_rises(
    bundle_folder: Path, tmp_path: Path
) -> None:
    screener = Screener.from_folder(bundle_folder, DecodeLimits(min_side=32))
    (tmp_path / "maps").mkdir()
    rising = set()
    point = screener.bundle.operating_point
    assert point
    # The second threshold is one that drawn lesions reach too.
    for seed, threshold in product(range(3), (point.threshold, 1e-6)):
        screener.bundle = replace(screener.bundle, operating_point=replace(point, threshold=threshold))
        content = encoded(lesion(seed), "PNG")
        cells = answer(screener, write(tmp_path / "a.png", content), str(tmp_path / "maps")).cells
        digest = hashlib.sha256(content).hexdigest()
        assert cells["heat_map"] == f"{digest[:2]}/{digest}.png"
        picture = cv2.imread(str(tmp_path / "maps" / str(cells["heat_map"])), cv2.IMREAD_UNCHANGED)
        assert picture.shape == (224, 224, 4)
        evidence = screener.explain(screener.screen(content)).evidence
        assert bool(picture[:, :, 3].any()) == (evidence is not None and bool(np.any(evidence)))
        rising.add(evidence is not None)
    assert rising == {True, False}
    assert not list((tmp_path / "maps").rglob("*.part"))


def test_an_object_of_a_store_is_answered_as_the_same_file(screener: Screener, tmp_path: Path) -> None:
    file = write(tmp_path / "a b#c?.png", encoded(lesion(), "PNG"))
    stored = Listed(f"file://{file.path}", file.size, file.stamp)
    assert answer(screener, stored).cells == answer(screener, file).cells
    assert answer(screener, Listed(f"file://{tmp_path}/gone.png")).cells["reason"] == "missing"
    assert answer(screener, Listed(stored.path, 1)).cells["reason"] == "changed"
