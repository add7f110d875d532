"""What was measured on the data sets and the stages, as Markdown."""

from collections.abc import Mapping
from typing import Any

from training.audit.descriptors import DETAIL_SIDE


def audit_table(summary: Mapping[str, Any]) -> str:
    """The audit's counts, as Markdown."""
    images = ", ".join(f"{count:,} of {name}" for name, count in summary["images"].items())
    between = sorted({*summary["pairs"]["same_picture"], *summary["pairs"]["same_lesion"]})
    counts = [[summary["pairs"][kind].get(sets, 0) for kind in ("same_picture", "same_lesion")] for sets in between]
    rows = [f"| {sets} | {one:,} | {other:,} |" for sets, (one, other) in zip(between, counts, strict=True)]
    lines = [
        f"{images}; {len(summary['unreadable'])} unreadable, {len(summary['skipped'])} skipped by the readers.",
        f"{summary['seconds']['total']:.0f} s in all, {summary['peak_mb']:,} MB of memory at most.",
        "",
        "| pairs between | one picture | one lesion |",
        "| --- | --- | --- |",
        *rows,
        "",
        *(f"- Images of {words}: {count:,}." for words, count in summary["images_also_in"].items()),
        *(
            f"- Pairs under different lesion ids of {name}: {n:,}; so {len(summary['joined_lesions'][name])} times "
            "several ids count as one lesion."
            for name, n in summary["pairs_across_lesion_ids"].items()
        ),
        *(
            f"- Pairs of images that {name} gives one lesion id: {row['pairs']:,}, of which the audit finds "
            f"{row['found']:,} ({row['found'] / row['pairs']:.0%})."
            for name, row in summary["within_lesion_ids"].items()
        ),
        f"- Pairs whose labels contradict (benign and malignant): {summary['contradictory_labels']:,}.",
        "",
        "| published parts | lesions in both | images of those |",
        "| --- | --- | --- |",
        *(
            f"| {parts} | {row['lesions']:,} | "
            + ", ".join(f"{count:,} {name.removesuffix('_images')}" for name, count in row.items() if name != "lesions")
            + " |"
            for parts, row in summary["across_published_parts"].items()
        ),
        "",
        "| split | lesions in training and test | test images of those |",
        "| --- | --- | --- |",
        *(
            f"| {name} | {row['lesions']:,} | {row['test_images']:,} of {row['of_test_images']:,} "
            f"({row['test_images'] / row['of_test_images']:.0%}) |"
            for name, row in summary["across_splits"].items()
        ),
    ]
    return "\n".join(lines)


MILLION = 1_000_000
DETAIL_BYTES = DETAIL_SIDE**2 * 3
HOUR = 3600.0


def million_line(summary: Mapping[str, Any]) -> str:
    """What the audit would take for a million pictures, extrapolated from the seconds of its steps."""
    pictures, seconds = sum(summary["images"].values()), summary["seconds"]
    times = MILLION / pictures
    return (
        f"At a million pictures, extrapolated and not run: {seconds['decode'] * times / HOUR:.1f} h to decode, "
        f"{seconds['compare'] * times / HOUR:.1f} h to compare what is proposed, which grow with the number, and "
        f"{seconds['search'] * times**2 / HOUR:.0f} h for the exact search, which grows with its square; "
        f"{MILLION * DETAIL_BYTES / 1e9:.0f} GB for the small pictures."
    )


def trial_table(trial: Mapping[str, Any]) -> str:
    """Recall by kind of copy, and precision, as Markdown."""
    rows = [f"| {kind} | {made} | {trial['found'][kind]} |" for kind, made in trial["made"].items()]
    verdict = (
        f"Recall {trial['recall']:.3f}, precision {trial['precision']:.3f}: {len(trial['unexpected'])} pairs were "
        f"found beside the copies, of which {trial['known']} are of the lesions under several ids above."
    )
    head = [
        f"| copies among {trial['pictures']:,} pictures of different lesion ids | made | found |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, "", verdict])


def roi_table(summary: Mapping[str, Any]) -> str:
    """Overlap by class and kind, and the signs of failure, as Markdown."""
    rows = [("all", summary["all"]), *summary["by_class"].items(), *summary["by_kind"].items()]
    signs = summary["signs"]
    alone = sorted(signs["auc_alone"].items(), key=lambda row: -row[1])
    together = f"{signs['auc_together']:.3f} together (logistic regression, five folds by lesion)"
    return "\n".join(
        [
            f"| images | count | IoU | Dice | failures (IoU < {summary['failure_below_iou']}) |",
            "| --- | --- | --- | --- | --- |",
            *(
                f"| {name} | {row['images']:,} | {row['iou']:.3f} | {row['dice']:.3f} | {row['failures']:.1%} |"
                for name, row in rows
            ),
            "",
            f"Signs that serving can compute predict a failure with AUC {together}, and alone: "
            + ", ".join(f"{name} {auc:.3f}" for name, auc in alone)
            + ".",
        ]
    )


def skin_table(measured: Mapping[str, Any]) -> str:
    """How light the skin of a data set's pictures is, as Markdown."""
    of = measured["images"]
    rows = [
        f"| {name} | {row['images']:,} | {row['images'] / of:.1%} | {row['malignant']:,} |"
        for name, row in measured["groups"].items()
    ]
    angles = measured["angles"]
    told = (
        f"{of:,} images of {measured['data']}; individual typology angle: median {angles['50']}°, "
        f"1st percentile {angles['1']}°, 5th {angles['5']}°, 95th {angles['95']}°."
    )
    head = ["| skin around the lesion | images | share | malignant |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows, "", told])


def bilateral_table(measured: Mapping[str, Any]) -> str:
    """The candidates of `data bilateral`, as Markdown; the chosen one in bold."""
    rows = []
    for row in measured["candidates"]:
        cells = [
            f"{row['diameter']}", f"{row['sigma_color']:g}", f"{row['sigma_space']:g}", f"{row['texture']:.3f}",
            f"{row['border']:.3f}", f"{row['otsu_iou']:.3f}", f"{row['milliseconds']:.2f}",
        ]  # fmt: skip
        chosen = row == measured["chosen"]
        rows.append("| " + " | ".join(f"**{cell}**" if chosen else cell for cell in cells) + " |")
    head = [
        "| d | σ colour | σ space | skin texture left | border gradient left | Otsu IoU | ms |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join(
        [*head, *rows, "", f"{measured['images']} training images of {measured['split']}, seed {measured['seed']}."]
    )


def pipeline_table(measured: Mapping[str, Any]) -> str:
    """Speed and memory of the input pipeline, as Markdown."""
    steps = {
        "six_stages": "decode and six stages, from a cold start into the cache",
        "from_cache": "from the cache, shuffled, in batches",
        "augmented": "the same with the augmentation of `three_block_ham10000`",
    }
    rows = [
        f"| {title} | {measured[step]['seconds']:.1f} | {measured[step]['images_per_second']:,} "
        f"| {measured[step]['peak_mb']:,} |"
        for step, title in steps.items()
    ]
    head = [f"| {measured['images']:,} images | seconds | images a second | peak MB |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows])
