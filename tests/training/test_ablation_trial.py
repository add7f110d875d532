"""A study that really trains, on drawn pictures, with a teacher."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from training import distil
from training.ablate.plan import DISTILLED, make_plan
from training.ablate.results import read_trials
from training.ablate.storage import default_storage, open_study
from training.ablate.trial import Trainer
from training.ablate.work import work
from training.datasets.parts import training_data
from training.datasets.schemes import CLINICAL
from training.fit import fit
from training.recipe import Recipe, load_recipe
from training.run_folder import RunFolder
from training.specs import DistilSpec

IMAGES, VIEWS = 60, 2

pytestmark = pytest.mark.usefixtures("drawn_split")


@pytest.fixture
def teacher() -> Recipe:
    whole = load_recipe("three_block_ham10000")
    small = replace(whole.preprocess, working_size=64, output_size=64)
    quick = replace(whole.fit, cycles=(1,), warmup_epochs=0.5, batch_size=8, mixed_precision="float32")
    return replace(whole, name="teacher", split="drawn", preprocess=small, fit=quick, images=IMAGES)


def test_a_study_trains_its_trials_and_asks_the_teacher_once_for_all_of_them(
    teacher: Recipe, drawn_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(teacher, CLINICAL, training_data(teacher, CLINICAL, drawn_root, tmp_path / "cache"), tmp_path / "teacher")
    taught = DistilSpec(("teacher",), temperature=2.0, alpha=0.5, views=12)
    student = replace(teacher, name="student", fit=replace(teacher.fit, cycles=(2,)), distil=taught)
    monkeypatch.setattr(distil, "load_recipe", lambda _: teacher)
    asked: list[int] = []

    class Counted(distil._Answer):
        def __call__(self, pictures: Any) -> Any:
            asked.append(len(pictures))
            return super().__call__(pictures)

    monkeypatch.setattr(distil, "_Answer", Counted)
    plan = make_plan(student, factors=["rescale"], arms=[DISTILLED], seeds=2)
    trainer = Trainer(plan, drawn_root, tmp_path)
    sources = trainer.prepare()
    assert set(sources) == {"data", "split", "soft labels"}
    assert all(len(digest) == 64 for digest in sources.values())
    # Two epochs see two of the twelve views.
    assert sum(asked) == VIEWS * IMAGES
    study = open_study(plan, default_storage(tmp_path, plan))
    cells = plan.cells[:3]
    work(study, cells, trainer.train)
    assert sum(asked) == VIEWS * IMAGES
    assert [path.name for path in (tmp_path / "soft_labels").iterdir()] == ["student-teacher"]

    trials = read_trials(study)
    assert sorted((trial.setting, trial.seed) for trial in trials) == [("", 1), ("", 2), ("off", 1)]
    losses = set()
    for cell in cells:
        (trial,) = [one for one in trials if (one.setting, one.seed) == (cell.setting, cell.recipe.seed)]
        run = RunFolder(tmp_path / "ablation" / "student" / cell.name)
        last = run.history()[-1]
        losses.add(last["validation_loss"])
        assert trial.metrics["auc"]["value"] == pytest.approx(last["validation_auc"], abs=1e-6)
        assert trial.metrics["mcc"]["low"] <= trial.metrics["mcc"]["value"] <= trial.metrics["mcc"]["high"]
        assert (trial.epochs, len(run.history())) == (2, 2)
        assert json.loads((run.path / "run.json").read_text())["recipe"]["view_seed"] == student.seed
    assert len(losses) == len(cells)  # stage and seed both matter
    assert not list(tmp_path.rglob("test_set_openings.jsonl"))

    # A trial that was cut after its last epoch is measured without training again.
    again = trainer.train(cells[0])
    assert again["epochs_before"] == 2
    (base,) = [trial for trial in trials if (trial.setting, trial.seed) == ("", 1)]
    assert again["auc"] == base.metrics["auc"]
