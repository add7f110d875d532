"""Every figure of a shipped bundle's card is in its manifest; read here without the functions that write the card."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.config import REPOSITORY
from app.screening.decode import DecodeLimits
from training.bundles import shipped_bundles
from training.report.card import card
from training.report.evidence_tables import evidence_of
from training.subgroups import LEAST_IMAGES, LEAST_OF_A_SIDE

NUMBER = re.compile(r"(?<![\w.,])[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?%?(?![\w])")
OURS = "mobile_short_distilled"
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
    "2017": "a data set's name", "2009": "of Deng et al.",
}  # fmt: skip
"""Numbers of the card's own sentences, which measure nothing."""


@pytest.fixture(scope="module", params=shipped_bundles(), ids=lambda folder: folder.name)
def shipped(request: pytest.FixtureRequest) -> Path:
    """Each bundle of model_store in turn."""
    folder: Path = request.param
    return folder


@pytest.fixture(scope="module")
def manifest(shipped: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shipped / "manifest.json").read_text())
    return found


@pytest.fixture(scope="module")
def text(shipped: Path) -> str:
    return (shipped / "MODEL_CARD.md").read_text(encoding="utf-8")


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


def as_counts(rate: dict[str, float], of: int) -> str:
    """A bootstrap of images that are all right, or all wrong, has no width."""
    alike = rate["low"] == rate["high"]
    return f"{rate['value']:.3f} ({round(rate['value'] * of)} of {of})" if alike else as_decimal(rate)


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
         "1.000 (no interval)" if row["auc"] and row["auc"]["low"] == 1 else as_decimal(row["auc"]),
         as_counts(row["sensitivity"], row["malignant_images"]) if row["sensitivity"] else "-",
         as_counts(row["specificity"], row["images"] - row["malignant_images"]) if row["specificity"] else "-"]
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
    highlights = "roi_highlight" in manifest["preprocess"]["stages"]
    expected: list[list[str]] = []
    for side in ("missed", "false_alarms"):
        expected += [
            [kind, name, f"{row['images']:,}", f"{row['of']:,}", as_percent(row["share"])]
            for kind, groups in failures[side]["by"].items()
            for name, row in groups.items()
            if highlights or kind != "turned white by the ROI step"
        ]
        expected += [
            [row["image_id"], row["dx"], row["dx_type"], f"{row['p_malignant']:.3f}", row["kind"],
             *([f"{100 * row['hidden']:.0f}%"] if highlights else []), "yes" if row["refused"] else "no"]
            for row in failures[side]["examples"]
        ]  # fmt: skip
    assert found == expected
    missed = failures["missed"]
    assert f"**Missed**: {missed['images']} of {missed['of']} malignant images" in text


def test_what_its_parts_give_is_what_was_compared(text: str, manifest: dict[str, Any]) -> None:
    assert manifest["evidence"] == evidence_of(manifest), "run `python -m training report`"
    differences = [row for found in manifest["evidence"] for row in found["differences"]]
    told = [
        [f"{row[name]['difference']:+.3f} ({row[name]['low']:+.3f} to {row[name]['high']:+.3f})"
         for name in ("auc", "seven_class_balanced_accuracy")]
        for row in differences
    ]  # fmt: skip
    assert [row[2:] for row in rows(section(text, "What each part of the recipe gives"))] == told
    others = {row["name"] for row in differences}
    other = "three_block_" if manifest["name"] == OURS else "mobile_short_"
    assert any(name.startswith(other) for name in others), "one student beside the other"
    assert any("+untaught" in name for name in others)
    assert any("+no_stages" in name or "+all_stages" in name for name in others)


def test_its_gate_and_shortcuts_are_the_manifest_s(text: str, manifest: dict[str, Any]) -> None:
    gate, by = manifest["metrics"]["gate"], manifest["metrics"]["failures"]["missed"]["by"]
    found = {row[0]: row[1:] for row in rows(section(text, "Which pictures are refused"))}
    point, test = manifest["operating_point"], manifest["metrics"]["test"]
    assert found["Images"] == [f"{test['images']:,}", f"{test['images'] - gate['refused_images']:,}"]
    assert found["Refused"] == ["", as_percent(gate["refused"])]
    assert found["AUC"] == [as_decimal(test["auc"]), as_decimal(gate["auc"])]
    for name in ("sensitivity", "specificity"):
        told = [as_decimal(point[name]), as_decimal(gate[name])]
        assert found[f"{name.capitalize()} at the operating point"] == told
    for kind, row in gate["non_lesions"].items():
        share = f"{100 * row['refused'] / row['pictures']:.0f}%"
        assert found[kind] == [str(row["pictures"]), f"{row['refused']} ({share})"]
    shortcuts = {row[0]: row[1] for row in rows(section(text, "Known shortcuts"))}
    for kind, title in (("vignette", "Dark corners"), ("hair", "Hair over the skin")):
        missed = by["kind of picture"][kind]
        cell = next(cell for name, cell in shortcuts.items() if name.startswith(title))
        assert cell.startswith(f"Missed: {missed['images']} of {missed['of']}, {as_percent(missed['share'])};")


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
            formats = ("{:.3f}", "{:+.3f}", "{:.1%}", "{:.0%}", "{:.4f}", "{:+.4f}", "{:.1e}", "{:,}", "{:g}")
            known |= {form.format(value) for form in formats} | {f"{value / 1000:.2f}"}
        elif isinstance(value, str):
            known |= set(NUMBER.findall(value))
    # What the tests above reckon anew, or what is a sum.
    reckoned = (
        "What it is worth where malignancy is rarer", "Which pictures are refused", "Known shortcuts", "Subgroups"
    )  # fmt: skip
    for heading in reckoned:
        text = text.replace(section(text, heading), "")
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|\(split.*\)|data SHA-256.*|\d+×\d+|ISIC_\d+|70:10:20|180161", "", text)
    text = re.sub(r"The gate refuses .* was not chosen on\.", "", text)
    half = f"{manifest['operating_point']['threshold'] / 2:.3f}"
    assert {number for number in NUMBER.findall(text) if number.strip(",") not in known | {half}} == set()


def test_the_figures_beside_it_are_those_of_the_same_evaluation(text: str, shipped: Path) -> None:
    linked = re.findall(r"\]\((\S+\.png)\)", text)
    assert [Path(link).name for link in linked] == ["roc.png", "reliability.png"]
    for link in linked:
        path = (shipped / link).resolve()
        assert path.is_relative_to(REPOSITORY)
        assert path.is_file()
    assert not list(shipped.rglob("*.jpg"))
    assert {path.parent.name for path in shipped.rglob("*.png")} == {"parity"}, "drawn samples alone"


SHOWN = ("metrics/test", "metrics/failures", "operating_point", "calibration")


def test_each_figure_that_changes_in_the_manifest_changes_the_card(text: str, manifest: dict[str, Any]) -> None:
    before, unseen = card(manifest), []
    highlights = "roi_highlight" in manifest["preprocess"]["stages"]
    assert before == text
    for path, value in leaves(manifest):
        name = "/".join(map(str, path))
        if not name.startswith(SHOWN) or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if not highlights and ("/turned white by the ROI step/" in name or name.endswith("/hidden")):
            continue  # nothing turns a lesion white where there is no such step
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
