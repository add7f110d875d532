"""Students learn from a trained teacher, or from what was kept of it; and what they must not learn from."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from training.banks import BankMismatch
from training.datasets.parts import TrainingData
from training.datasets.schemes import CLINICAL
from training.distil import keep_soft_labels, teachers_soft_labels
from training.errors import TrainingError
from training.fit import fit
from training.recipe import Recipe
from training.run_folder import RunFolder, RunMismatch
from training.specs import DistilSpec

pytestmark = pytest.mark.usefixtures("drawn_split")


@pytest.fixture
def student(recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """Learns from the run of `recipe`."""
    from training import distil

    monkeypatch.setattr(distil, "load_recipe", {"drawn": recipe}.__getitem__)
    return replace(recipe, name="student", distil=DistilSpec(("drawn",), temperature=2.0, alpha=0.0, views=2))


def test_a_student_learns_to_answer_as_its_teacher(
    whole_run: Path, student: Recipe, drawn_data: TrainingData, drawn_root: Path, tmp_path: Path
) -> None:
    soft_labels = teachers_soft_labels(student, drawn_root, whole_run.parent)
    assert soft_labels.views == 2
    again = teachers_soft_labels(student, drawn_root, whole_run.parent)
    rows = np.arange(len(drawn_data.train.labels))
    assert np.array_equal(again.logits(1, rows), soft_labels.logits(1, rows))
    on_line = replace(student, distil=replace(student.distil, views=0) if student.distil else None)
    asked = teachers_soft_labels(on_line, drawn_root, whole_run.parent)
    assert (asked.views, asked.source) == (0, soft_labels.source)
    assert asked.logits(1, rows) == pytest.approx(soft_labels.logits(1, rows), abs=0.01)
    fit(on_line, CLINICAL, drawn_data, tmp_path / "on_line", asked)
    losses = pd.read_csv(tmp_path / "on_line" / "history.csv")["loss"]
    assert losses.iloc[-1] < losses.iloc[0]
    fit(student, CLINICAL, drawn_data, tmp_path / "student", soft_labels)
    history = pd.read_csv(tmp_path / "student" / "history.csv")
    # alpha = 0: the loss is the distance from the teacher alone, and 0 for a student that has become it.
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]
    with pytest.raises(RunMismatch, match="other soft labels"):
        fit(student, CLINICAL, drawn_data, tmp_path / "student", replace(soft_labels, source="another"))
    resumed = keras.models.load_model(RunFolder(tmp_path / "student").checkpoint(student.fit.epochs))
    assert resumed.loss.temperature == 2.0


def test_a_student_is_made_again_from_kept_soft_labels_without_its_teacher(
    whole_run: Path, student: Recipe, recipe: Recipe, drawn_data: TrainingData, drawn_root: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from training import distil

    store, elsewhere = tmp_path / "label_store", tmp_path / "elsewhere"
    asked = teachers_soft_labels(student, drawn_root, whole_run.parent, store=store)
    assert keep_soft_labels(student, drawn_root, whole_run.parent, store) == [store / "student-drawn"]
    kept = teachers_soft_labels(student, drawn_root, elsewhere, store=store)
    assert not (elsewhere / "drawn").exists()
    rows = np.arange(len(drawn_data.train.labels))
    assert np.array_equal(kept.logits(1, rows), asked.logits(1, rows))
    assert (kept.source, kept.views) == (asked.source, asked.views)
    other_views = replace(student, augment=replace(student.augment, zoom=0.33))
    with pytest.raises(BankMismatch, match="another augment"):
        teachers_soft_labels(other_views, drawn_root, elsewhere, store=store)
    on_line = replace(student, distil=student.distil and replace(student.distil, views=0))
    with pytest.raises(TrainingError, match="there are no answers to be kept"):
        keep_soft_labels(on_line, drawn_root, whole_run.parent, store)
    monkeypatch.setattr(distil, "load_recipe", lambda _: replace(recipe, seed=77))
    with pytest.raises(BankMismatch, match="a drawn with another recipe"):
        teachers_soft_labels(student, drawn_root, elsewhere, store=store)


def test_a_student_without_a_trained_teacher_of_its_own_split_is_refused(
    whole_run: Path, student: Recipe, recipe: Recipe, drawn_data: TrainingData, drawn_root: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from training import distil

    with pytest.raises(TrainingError, match="drawn holds 0 of 3 epochs; run `train` first"):
        teachers_soft_labels(student, drawn_root, tmp_path)
    with pytest.raises(TrainingError, match="learns from soft labels"):
        fit(student, CLINICAL, drawn_data, tmp_path / "student")
    # A teacher whose recipe was edited after it was trained.
    monkeypatch.setattr(distil, "load_recipe", lambda _: replace(recipe, seed=77))
    with pytest.raises(RunMismatch, match="another recipe"):
        teachers_soft_labels(student, drawn_root, whole_run.parent)
    monkeypatch.setattr(distil, "load_recipe", lambda _: replace(recipe, split="other"))
    with pytest.raises(TrainingError, match="would leak it"):
        teachers_soft_labels(student, drawn_root, whole_run.parent)
    with pytest.raises(TrainingError, match="drawn has no teachers; use `train`"):
        teachers_soft_labels(recipe, drawn_root, whole_run.parent)
