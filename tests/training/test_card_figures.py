"""Every figure of the shipped bundle's card is in its manifest; read here without the functions that write the card."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.config import REPOSITORY
from app.screening.decode import DecodeLimits
from training.report.card import card
from training.subgroups import LEAST_IMAGES, LEAST_OF_A_SIDE

NUMBER = re.compile(r"(?<![\w.,])[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?%?(?![\w])")
PREVALENCES = (1, 2, 5, 10, 20)
METRICS = {
    "AUC, malignant versus benign": "auc",
    "Sensitivity at probability 0.5": "sensitivity",
    "Specificity at probability 0.5": "specificity",
    "Precision (PPV at the test set's prevalence)": "precision",
    "Accuracy, malignant versus benign": "accuracy",
    "F1 of malignant": "f1",
    "Matthews correlation coefficient": "mcc",
    "Brier score": "brier",
    "Expected calibration error (10 bins)": "ece",
    "Balanced accuracy, seven classes": "seven_class_balanced_accuracy",
    "Accuracy, seven classes": "seven_class_accuracy",
}
WORDS = {
    "1993": "of Efron and Tibshirani", "2024": "of Islam et al.", "2019": "of Mitchell et al.", "2018": "of HAM10000",
    "95": "the intervals' level", "0.5": "the likelier answer", "10": "bins", "0": "a share", "1": "a share",
    "98": "accuracies of the field", "99": "the same",
    "2017": "a data set's name",
}  # fmt: skip
"""Numbers of the card's own sentences, which measure nothing."""


@pytest.fixture(scope="module")
def manifest(bundle_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((bundle_folder / "manifest.json").read_text())
    return found


@pytest.fixture(scope="module")
def text(bundle_folder: Path) -> str:
    return (bundle_folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next."""
    return re.split(r"^#+ ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    heads = {number - 1 for number, line in enumerate(lines) if set(line) <= set("| -")}
    kept = [line for number, line in enumerate(lines) if number not in heads and not set(line) <= set("| -")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in kept]


def as_decimal(rate: dict[str, float] | None) -> str:
    return "-" if rate is None else f"{rate['value']:.3f} ({rate['low']:.3f} to {rate['high']:.3f})"


def as_percent(rate: dict[str, float] | None) -> str:
    if rate is None:
        return "-"
    return f"{100 * rate['value']:.1f}% ({100 * rate['low']:.1f}% to {100 * rate['high']:.1f}%)"


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value


def test_it_has_what_mitchell_et_al_ask_for(text: str) -> None:
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [
        "Model details", "Intended use", "Factors", "Metrics", "Data", "Quantitative analyses",
        "Ethical considerations", "Caveats and recommendations",
    ]  # fmt: skip
    assert "**Dermoscopic**" in section(text, "What the picture must be")
    for shortcut in ("Rulers, ink", "Dark corners", "`vasc`", "Hair"):
        assert shortcut in section(text, "Known shortcuts"), shortcut
    assert "Not measured" not in text.replace("Not measured: no data set here says which pictures have them", "")


def test_its_metrics_are_the_manifest_s(text: str, manifest: dict[str, Any]) -> None:
    test = manifest["metrics"]["test"]
    found = {name: (value, interval) for name, value, interval in rows(section(text, "On the test part"))}
    assert set(found) == set(METRICS)
    for name, key in METRICS.items():
        rate = test[key]
        assert found[name] == (f"{rate['value']:.3f}", f"{rate['low']:.3f} to {rate['high']:.3f}"), name
    point = manifest["operating_point"]
    told = section(text, "Metrics")
    assert f"probability of {point['threshold']:.3f}" in told
    assert f"sensitivity {as_decimal(point['sensitivity'])} and specificity {as_decimal(point['specificity'])}" in told


def test_predictive_values_follow_from_the_operating_point(text: str, manifest: dict[str, Any]) -> None:
    sensitivity, specificity = (manifest["operating_point"][name]["value"] for name in ("sensitivity", "specificity"))
    found = rows(section(text, "What it is worth where malignancy is rarer"))
    assert [row[0] for row in found] == [f"{percent}%" for percent in PREVALENCES]
    for percent, row in zip(PREVALENCES, found, strict=True):
        sick, well = percent / 100, 1 - percent / 100
        ppv = sensitivity * sick / (sensitivity * sick + (1 - specificity) * well)
        npv = specificity * well / (specificity * well + (1 - sensitivity) * sick)
        assert row[1:] == [f"{100 * ppv:.1f}%", f"{100 * npv:.2f}%", f"{1 / ppv:.0f}"]


def test_its_subgroups_and_its_external_test_are_the_manifest_s(text: str, manifest: dict[str, Any]) -> None:
    expected = [
        [kind, name, f"{row['images']:,}", f"{row['malignant_images']:,}",
         *(as_decimal(row[rate]) for rate in ("auc", "sensitivity", "specificity"))]
        for kind, groups in manifest["metrics"]["subgroups"].items()
        for name, row in groups.items()
    ]  # fmt: skip
    assert rows(section(text, "Subgroups")) == expected
    external = manifest["metrics"]["external"]
    names = ("auc", "auc_melanoma", "sensitivity", "specificity", "brier", "ece")
    values = [as_decimal(external[name]) for name in names] + [as_decimal(external["gate"]["refused"])]
    assert [row[1] for row in rows(section(text, "External test"))] == values


def test_its_failures_are_the_manifest_s(text: str, manifest: dict[str, Any]) -> None:
    failures, found = manifest["metrics"]["failures"], rows(section(text, "Where it fails"))
    expected: list[list[str]] = []
    for side in ("missed", "false_alarms"):
        expected += [
            [kind, name, f"{row['images']:,}", f"{row['of']:,}", as_percent(row["share"])]
            for kind, groups in failures[side]["by"].items()
            for name, row in groups.items()
        ]
        expected += [
            [row["image_id"], row["dx"], row["dx_type"], f"{row['p_malignant']:.3f}", row["kind"],
             f"{100 * row['hidden']:.0f}%", "yes" if row["refused"] else "no"]
            for row in failures[side]["examples"]
        ]  # fmt: skip
    assert found == expected
    missed = failures["missed"]
    assert f"**Missed**: {missed['images']} of {missed['of']} malignant images" in text


def test_its_failures_are_those_that_the_subgroups_and_the_gate_speak_of(manifest: dict[str, Any]) -> None:
    failures, subgroups = manifest["metrics"]["failures"], manifest["metrics"]["subgroups"]
    for side, rate in (("missed", "sensitivity"), ("false_alarms", "specificity")):
        assert 1 - failures[side]["share"]["value"] == pytest.approx(manifest["operating_point"][rate]["value"])
        for kind in ("class", "diagnosis by"):
            for name, row in failures[side]["by"][kind].items():
                assert 1 - row["images"] / row["of"] == pytest.approx(subgroups[kind][name][rate]["value"]), name
    gate, test = manifest["metrics"]["gate"], manifest["metrics"]["test"]
    assessed = test["malignant_images"] - gate["refused_malignant_images"]
    found = assessed - (failures["missed"]["images"] - failures["missed"]["refused"])
    assert found / assessed == pytest.approx(gate["sensitivity"]["value"])


def test_no_number_in_it_comes_from_elsewhere(text: str, manifest: dict[str, Any]) -> None:
    known = {str(LEAST_IMAGES), str(LEAST_OF_A_SIDE), str(DecodeLimits().min_side), *WORDS}
    for path, value in leaves(manifest):
        known |= set(NUMBER.findall(" ".join(map(str, path))))
        if isinstance(value, bool):
            continue
        if isinstance(value, int | float):
            formats = ("{:.3f}", "{:.1%}", "{:.0%}", "{:.4f}", "{:+.4f}", "{:.1e}", "{:,}", "{:g}")
            known |= {form.format(value) for form in formats} | {f"{value / 1000:.2f}"}
        elif isinstance(value, str):
            known |= set(NUMBER.findall(value))
    # What the tests above reckon anew, or what is a sum.
    for heading in ("What it is worth where malignancy is rarer", "Which pictures are refused", "Known shortcuts"):
        text = text.replace(section(text, heading), "")
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|\(split.*\)|data SHA-256.*|\d+×\d+|ISIC_\d+|70:10:20|180161", "", text)
    text = re.sub(r"The gate refuses .* was not chosen on\.", "", text)
    half = f"{manifest['operating_point']['threshold'] / 2:.3f}"
    assert {number for number in NUMBER.findall(text) if number.strip(",") not in known | {half}} == set()


def test_the_figures_beside_it_are_those_of_the_same_evaluation(text: str, bundle_folder: Path) -> None:
    linked = re.findall(r"\]\((\S+\.png)\)", text)
    assert [Path(link).name for link in linked] == ["roc.png", "reliability.png"]
    for link in linked:
        path = (bundle_folder / link).resolve()
        assert path.is_relative_to(REPOSITORY)
        assert path.is_file()
    assert not list(bundle_folder.rglob("*.jpg"))
    assert {path.parent.name for path in bundle_folder.rglob("*.png")} == {"parity"}, "drawn samples alone"


SHOWN = ("metrics/test", "metrics/failures", "operating_point", "calibration")


def test_each_figure_that_changes_in_the_manifest_changes_the_card(text: str, manifest: dict[str, Any]) -> None:
    before, unseen = card(manifest), []
    assert before == text
    for path, value in leaves(manifest):
        name = "/".join(map(str, path))
        if not name.startswith(SHOWN) or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        changed = copy.deepcopy(manifest)
        place: Any = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value + (1 if isinstance(value, int) else 0.03)
        try:
            after = card(changed)
        except ValueError:
            continue  # a rate outside of its interval
        if after == before:
            unseen.append(name)
    assert unseen == []
