"""Pictures without a lesion: the same each time, none twice, and the trial set's kinds apart from the others."""

import numpy as np
import pytest

from training.errors import TrainingError
from training.non_lesions import photos
from training.non_lesions.development import DEVELOPMENT, PICTURES, SIDE, development_set
from training.non_lesions.drawn import DRAWN
from training.non_lesions.trial import name_of, trial_set


def test_the_development_set_is_whole_and_the_same_each_time() -> None:
    first, again = development_set(), development_set()
    assert set(first) == set(DEVELOPMENT)
    for kind, pictures in first.items():
        assert len(pictures) == PICTURES
        assert all(picture.shape == (SIDE, SIDE, 3) and picture.dtype == np.uint8 for picture in pictures)
        assert all(np.array_equal(one, same) for one, same in zip(pictures, again[kind], strict=True))
        assert len({picture.tobytes() for picture in pictures}) == PICTURES


def test_the_trial_set_has_other_kinds_and_no_picture_twice() -> None:
    trial = trial_set()
    assert not set(trial) & set(DEVELOPMENT)
    assert set(DRAWN) <= set(trial)
    assert {"photos: places and things", "photos: surfaces", "photos: small faces"} <= set(trial)
    for kind, pictures in trial.items():
        assert all(picture.ndim == 3 and picture.shape[2] == 3 and picture.dtype == np.uint8 for picture in pictures)
        assert len({picture.tobytes() for picture in pictures}) >= 0.95 * len(pictures), kind
    assert len(trial["photos: surfaces"]) == 3 * (photos.CROPS + 1)
    assert sum(map(len, trial.values())) > 600


def test_a_picture_of_the_trial_set_has_a_name() -> None:
    assert name_of("photos: places and things", 0) == "sklearn's china.jpg, whole"
    assert name_of("photos: places and things", 2 * (photos.CROPS + 1) + 3) == "skimage's camera.png, crop 3"
    assert name_of("charts", 4) == "number 5"


def test_a_library_without_its_photos_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "FOLDERS", {**photos.FOLDERS, "skimage": "nowhere"})
    with pytest.raises(TrainingError, match=r"skimage does not have its picture camera\.png"):
        photos.photos(np.random.default_rng(1))
