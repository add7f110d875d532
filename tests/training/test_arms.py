"""Arms: a recipe changed in one thing, and the table of what that does."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.screening.preprocess import STAGES
from training import evidence as evidence_module
from training.arms import ARMS, arm_of, arms
from training.datasets.parts import training_data
from training.datasets.schemes import CLINICAL
from training.errors import TrainingError
from training.evidence import evidence, trained, write_evidence
from training.fit import fit
from training.label_store import bank_name
from training.recipe import Recipe, load_recipe
from training.report.evidence_tables import evidence_table, read_evidence

BASE = load_recipe("three_block_brief")


@pytest.mark.parametrize("name", arms(BASE))
def test_an_arm_differs_in_one_thing_and_learns_from_the_same_soft_labels(name: str) -> None:
    arm = load_recipe(f"{BASE.name}+{name}")
    assert arm.name == f"{BASE.name}+{name}"
    assert not arm.start
    same = {"name": BASE.name, "seeds": BASE.seeds, "note": BASE.note, "view_seed": BASE.view_seed, "start": BASE.start}
    if name.startswith("untaught"):
        assert arm.distil is None
        assert BASE.distil
        assert replace(arm, **same, distil=BASE.distil, fit=BASE.fit) == BASE
        power = load_recipe(BASE.distil.teachers[0]).fit.class_weight_power if name == "untaught_weighted" else 0.0
        assert replace(arm.fit, views=0) == replace(BASE.fit, class_weight_power=power)
        assert arm.fit.views == BASE.distil.views
        return
    assert arm.distil
    assert bank_name(arm, "t") == bank_name(BASE, "t")
    assert replace(arm, **same, distil=BASE.distil, preprocess=BASE.preprocess) == BASE
    assert arm.preprocess != BASE.preprocess
    small = load_recipe(f"{BASE.name}+{name}-seed2-smoke")
    assert bank_name(small, "t") == bank_name(load_recipe(f"{BASE.name}-smoke"), "t")
    assert small.preprocess.stages == arm.preprocess.stages


def test_every_stage_that_can_be_left_out_is_an_arm() -> None:
    assert [name for name in ARMS if name.startswith("without_")] == [f"without_{stage}" for stage in STAGES[:4]]
    assert "all_stages" not in arms(BASE)
    few = replace(BASE, preprocess=replace(BASE.preprocess, stages=("rescale", "resize")))
    assert arms(few) == ["untaught", "untaught_weighted", "all_stages", "smaller_pictures"]
    smaller = load_recipe(f"{BASE.name}+smaller_pictures").preprocess
    assert (smaller.working_size, smaller.output_size) == (96, 96)


def test_an_arm_that_is_none_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"no arm named 'without_skin'; there are \['all_stages'"):
        load_recipe(f"{BASE.name}+without_skin")
    with pytest.raises(TrainingError, match="is all six stages already, or has nothing of it"):
        load_recipe(f"{BASE.name}+all_stages")
    with pytest.raises(TrainingError, match="no recipe named 'nothing'"):
        load_recipe("nothing+untaught")


@pytest.mark.usefixtures("drawn_split")
def test_what_an_arm_does_is_measured_on_validation(
    recipe: Recipe, drawn_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(recipe, fit=replace(recipe.fit, cycles=(1,), warmup_epochs=0.0))
    # The lesions of the drawn set differ in brightness; the ROI stage keeps that, and whatever it does can be measured.
    blind = replace(short, name="drawn+blind", fit=replace(short.fit, peak_learning_rate=1e-9))
    monkeypatch.setitem(evidence_module.SAYS, "blind", "without learning")
    with pytest.raises(TrainingError, match="drawn is not trained yet"):
        evidence(short, [blind], drawn_root, tmp_path)
    for each in (short, short.seeded(2), blind, blind.seeded(2)):
        fit(each, CLINICAL, training_data(each, CLINICAL, drawn_root, tmp_path / "cache"), tmp_path / each.name)
    assert trained(replace(blind, name="drawn+other"), [2], tmp_path) == []
    found = evidence(replace(short, seeds=(2,)), [blind], drawn_root, tmp_path)
    arm, chance = found["differences"]
    assert (arm["says"], arm["seeds"]) == ("without learning", sorted([short.seed, 2]))
    assert arm["auc"]["low"] <= arm["auc"]["difference"] <= arm["auc"]["high"]
    assert "what chance does" in chance["says"]
    assert found["part"] == "validation"
    aucs = {seed: metrics["auc"]["value"] for seed, metrics in found["metrics"].items()}
    assert chance["auc"]["difference"] == pytest.approx(aucs["2"] - aucs[str(short.seed)])
    turned = evidence(blind, [short], drawn_root, tmp_path)["differences"][0]
    assert turned["says"] == "`drawn` in its place"
    blind_auc = evidence(blind, [short], drawn_root, tmp_path)["metrics"][str(short.seed)]["auc"]["value"]
    assert turned["auc"]["difference"] == pytest.approx(aucs[str(short.seed)] - blind_auc)
    write_evidence(found, tmp_path / "evidence.json")
    write_evidence({**found, "recipe": "another"}, tmp_path / "evidence.json")
    assert read_evidence(tmp_path / "evidence.json")["drawn"] == json.loads(json.dumps(found))
    table = evidence_table({"evidence": [found]})
    assert f"| without learning | {short.seed}, 2 | {arm['auc']['difference']:+.3f} (" in table
    run = tmp_path / blind.name / "run.json"
    run.write_text(json.dumps({**json.loads(run.read_text()), "precision": "float64"}))
    with pytest.raises(TrainingError, match=r"blind was trained in .*float64 and drawn in"):
        evidence(short, [blind], drawn_root, tmp_path)
    with pytest.raises(TrainingError, match="another split or label scheme"):
        evidence(short, [replace(blind, split="other")], drawn_root, tmp_path)


def test_an_arm_of_a_second_part_starts_from_that_of_the_first() -> None:
    assert load_recipe("three_block_distilled+untaught").start == "three_block_plain+untaught"


def test_an_arm_starts_from_the_same_arm_of_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    after = replace(BASE, name="after", start="before")
    before = replace(BASE, name="before")
    known = {"before": before, **{name: load_recipe(name) for name in BASE.needed}}
    monkeypatch.setattr("training.arms.load_recipe", known.__getitem__)
    assert arm_of(after, "untaught").start == "before+untaught"
    # Of an arm that changes nothing of it, it is what every arm starts from.
    monkeypatch.setitem(known, "before", replace(before, distil=None))
    assert arm_of(after, "untaught").start == "before"
