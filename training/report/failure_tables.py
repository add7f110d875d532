"""Where a bundle fails on the test part, and what is known of shortcuts, as Markdown."""

from collections.abc import Callable, Mapping
from typing import Any

from training.datasets import ham10000
from training.failures import CALLED_MALIGNANT, CONFIRMED, HIDDEN, PICTURE
from training.report.rates import percent
from training.report.worth_tables import NOT_MEASURED

SIDES = {"missed": ("Missed", "malignant"), "false_alarms": ("False alarms", "benign")}
UNMARKED = "Not measured: no data set here says which pictures have them."
PICTURES = {"vignette": "Dark corners: two or more, black around the field of view", "hair": "Hair over the skin"}


def failures_text(manifest: Mapping[str, Any]) -> str:
    """Misses and false alarms at the operating point: how many, where, how sure, and the most wrong ones."""
    found = manifest["metrics"].get("failures")
    if found is None:
        return NOT_MEASURED
    # Of a model that has no ROI step it says nothing what that step would hide.
    highlights = "roi_highlight" in manifest["preprocess"]["stages"]
    parts = [f"At the operating point, as if no picture were refused. In brackets: {found['intervals']}."]
    for side, (title, truth) in SIDES.items():
        groups = {kind: rows for kind, rows in found[side]["by"].items() if highlights or kind != HIDDEN}
        parts += [_summary(found[side], title, truth, _sure(side, manifest)), _groups(groups, title, truth)]
        if found[side]["examples"]:
            parts += [
                f"The most wrong of them, one picture a lesion ({title.lower()}):",
                _examples(found[side], highlights),
            ]
    return "\n\n".join(parts)


def shortcuts_table(manifest: Mapping[str, Any]) -> str:
    """What a model can go by in the place of the lesion, and what was measured about it."""
    found = manifest["metrics"].get("failures")
    rows = dict.fromkeys(PICTURES.values(), NOT_MEASURED)
    if found and PICTURE in found["missed"]["by"]:
        rows = {title: _beside_others(found, PICTURE, name) for name, title in PICTURES.items()}
    of_ham10000 = manifest["training"]["recipe"]["dataset"] == ham10000.NAME
    if found and of_ham10000 and (vasc := found["false_alarms"]["by"]["class"].get("vasc")):
        if "follow_up" in found["false_alarms"]["by"][CONFIRMED]:
            told = _beside_others(found, CONFIRMED, "follow_up")
            rows["Pictures of naevi that were watched (`follow_up`), in HAM10000 all benign"] = told
        rows["The `vasc` images at hand have a lower resolution than the others, so that blur can give them away"] = (
            f"False alarms: {_count(vasc)}. Whether sharpness is what it goes by: not measured; blur augmentation "
            "works against it, and no claim is made about `vasc`"
        )
    rows["Rulers, ink, gel bubbles"] = UNMARKED
    lines = [f"| {shortcut} | {measured} |" for shortcut, measured in rows.items()]
    head = ["| shortcut | what was measured on the test part |", "| --- | --- |"]
    return "\n".join([*head, *lines, "", "As counted: pictures of one kind may also differ in class and clinic."])


def _sure(side: str, manifest: Mapping[str, Any]) -> str:
    if side == "missed":
        return f"below half of the threshold ({manifest['operating_point']['threshold'] / 2:.3f})"
    return f"from {CALLED_MALIGNANT} on"


def _summary(side: Mapping[str, Any], title: str, truth: str, sure: str) -> str:
    if not side["images"]:
        return f"**{title}**: none of {side['of']:,} {truth} images, {percent(side['share'])}."
    code, most = max(side["by"]["class"].items(), key=lambda item: item[1]["images"])
    sentences = [
        (
            f"**{title}**: {side['images']:,} of {side['of']:,} {truth} images, {percent(side['share'])}, of "
            f"{side['lesions']:,} lesions; {side['right_elsewhere']:,} of these have another picture that is answered "
            "rightly."
        ),
        f"{most['images']:,} of the images are of class {code}.",
        f"{side['sure']:,} have a probability {sure}.",
    ]
    if side["refused"] is not None:
        sentences.append(f"The gate refuses {side['refused']:,} of them.")
    return " ".join(sentences)


def _groups(by: Mapping[str, Any], title: str, truth: str) -> str:
    rows = [
        f"| {kind} | {name} | {row['images']:,} | {row['of']:,} | {percent(row['share'])} |"
        for kind, groups in by.items()
        for name, row in groups.items()
    ]
    return "\n".join([f"| by | {truth} images of | {title.lower()} | of | share |", "| --- " * 5 + "|", *rows])


def _examples(side: Mapping[str, Any], highlights: bool) -> str:  # noqa: FBT001
    columns: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "image": lambda row: str(row["image_id"]),
        "class": lambda row: str(row["dx"]),
        "diagnosis by": lambda row: str(row["dx_type"] or "-"),
        "probability": lambda row: f"{row['p_malignant']:.3f}",
        PICTURE: lambda row: str(row["kind"] or "-"),
        HIDDEN: lambda row: "-" if row["hidden"] is None else f"{row['hidden']:.0%}",
        "refused": lambda row: "-" if row["refused"] is None else ("yes" if row["refused"] else "no"),
    }
    if not highlights:
        del columns[HIDDEN]
    rows = [f"| {' | '.join(cell(row) for cell in columns.values())} |" for row in side["examples"]]
    return "\n".join([f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|", *rows])


def _beside_others(found: Mapping[str, Any], kind: str, name: str) -> str:
    """Misses and false alarms among pictures of a group and among all others."""
    told = []
    for side, (title, _) in SIDES.items():
        groups = found[side]["by"][kind]
        if name in groups:
            others = {key: sum(row[key] for group, row in groups.items() if group != name) for key in ("images", "of")}
            told.append(f"{title}: {_count(groups[name])}; of all others {others['images']:,} of {others['of']:,}")
    return ". ".join(told) or "Too few pictures on the test part"


def _count(row: Mapping[str, Any]) -> str:
    return f"{row['images']:,} of {row['of']:,}, {percent(row['share'])}"
