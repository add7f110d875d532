"""The angle of a skin's colour, worked out by hand, and pictures that have none."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.datasets.records import DatasetError, LesionRecord
from training.report.data_tables import skin_table
from training.skin_tone import GROUPS, UNMEASURED, group_of, summarise_skin, typology_angle

NO_LESION = np.zeros((100, 100), bool)


def skin(lightness: float, yellow: float, red: float = 10.0) -> np.ndarray:
    """A picture of one colour, given in CIELAB."""
    lab = np.tile(np.float32([lightness, red, yellow]), (100, 100, 1))
    return np.rint(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("lightness", "yellow", "group"),
    [
        (80, 15, "very light"), (70, 20, "light"), (65, 20, "intermediate"), (58, 20, "tan"), (45, 20, "brown"),
        (30, 20, "dark"),
    ],
)  # fmt: skip
def test_the_angle_is_that_of_its_formula_and_has_its_group(lightness: float, yellow: float, group: str) -> None:
    angle = typology_angle(skin(lightness, yellow), NO_LESION)
    assert angle == pytest.approx(math.degrees(math.atan((lightness - 50) / yellow)), abs=1.5)
    assert group_of(angle) == group


def test_groups_begin_above_their_angle() -> None:
    assert [group_of(above) for _, above in GROUPS[:-1]] == [name for name, _ in GROUPS[1:]]
    assert group_of(None) == UNMEASURED


def test_the_lesion_its_margin_the_frame_and_reflections_are_not_skin() -> None:
    picture = skin(70, 20)
    expected = typology_angle(picture, NO_LESION)
    lesion = NO_LESION.copy()
    lesion[30:70, 30:70] = True
    picture[25:75, 25:75] = (60, 30, 20)
    picture[:15] = 5
    picture[-15:] = 255
    assert typology_angle(picture, lesion) == pytest.approx(expected)
    assert typology_angle(picture, NO_LESION) == pytest.approx(expected), "a median, so that a lesion hardly moves it"


def test_where_there_is_no_skin_or_blue_light_nothing_is_measured() -> None:
    assert typology_angle(skin(70, 20), ~NO_LESION) is None
    assert typology_angle(skin(70, -5), NO_LESION) is None


def test_pictures_are_counted_by_group_and_malignancy(tmp_path: Path) -> None:
    records = [
        LesionRecord(tmp_path / "x.jpg", str(number), None, dx, "ham10000")
        for number, dx in enumerate(["mel", "nv", "bcc"])
    ]
    found = summarise_skin([60.0, -40.0, None], records)
    assert found["groups"]["very light"] == {"images": 1, "malignant": 1}
    assert found["groups"]["dark"] == {"images": 1, "malignant": 0}
    assert found["groups"][UNMEASURED] == {"images": 1, "malignant": 1}
    assert sum(row["images"] for row in found["groups"].values()) == found["images"] == 3
    assert "| dark | 1 | 33.3% | 0 |" in skin_table(found)
    with pytest.raises(DatasetError, match="no picture has skin"):
        summarise_skin([None], records[:1])
