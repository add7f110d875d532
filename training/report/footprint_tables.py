"""What models cost where they run, as Markdown."""

from collections.abc import Mapping
from typing import Any

VARIANT_TITLES = {
    "fp32": "fp32",
    "fp16": "fp16 (ships)",
    "dynamic_int8": "dynamic-range int8",
    "full_int8": "full int8",
}
RUNTIME_TITLES = {"tflite_runtime": "tflite-runtime", "ai_edge_litert": "ai-edge-litert"}


def variants_table(measured: Mapping[str, Any]) -> str:
    """Size, metrics and time of every variant, as Markdown, with what a runtime says that cannot load one."""
    runtimes = [f"{RUNTIME_TITLES[name]} {version}" for name, version in measured["runtimes"].items()]
    titles = [
        "variant", "KB", "KB gzip", "AUC", "accuracy", "Brier", "ECE", "largest Δp from fp32", "map's r with fp32",
        *(f"time, {name}" for name in runtimes),
    ]  # fmt: skip
    rows = [_cells(row, list(measured["runtimes"])) for row in measured["variants"]]
    alone = measured["probabilities_alone"]
    cost = ", ".join(
        f"{1 / timing['ratio'] - 1:+.1%} time with {RUNTIME_TITLES[name]}" for name, timing in alone["latency"].items()
    )
    shipped = next(row for row in measured["variants"] if row["name"] == "fp16")
    refused = [
        f"- {RUNTIME_TITLES[name]} cannot load {_title(row['name'])}: {reason}"
        for row in measured["variants"]
        for name, reason in row["loads"].items()
        if reason
    ]
    calibration = "the bundle's, fitted on this part" if measured["calibrated"] else "none"
    what = (
        f"`{measured['recipe']}` {measured['version']} on the validation part of `{measured['split']}`: "
        f"{measured['images']:,} images of {measured['lesions']:,} lesions, calibration {calibration}. In brackets: "
        f"{measured['intervals']}. Time: median ratio to fp16 with one thread, over {measured['rounds']} interleaved "
        "rounds, of processor time (in brackets: quartiles)."
    )
    return "\n".join(
        [
            f"| {' | '.join(titles)} |",
            f"|{' --- |' * len(titles)}",
            *(f"| {' | '.join(cells)} |" for cells in rows),
            "",
            what,
            f"Features and map cost {shipped['bytes'] - alone['bytes']:,} bytes and {cost}.",
            *(["", *refused] if refused else []),
        ]
    )


def _cells(row: Mapping[str, Any], runtimes: list[str]) -> list[str]:
    sizes = [f"{row[size] / 1000:.1f}" for size in ("bytes", "gzip_bytes")]
    times = [_ratio(row["latency"].get(name)) for name in runtimes]
    if row["metrics"] is None:
        return [_title(row["name"]), *sizes, *["—"] * 6, *times]
    rates = [
        f"{rate['value']:.3f} ({rate['low']:.3f} to {rate['high']:.3f})"
        for rate in (row["metrics"][name] for name in ("auc", "accuracy", "brier", "ece"))
    ]
    return [
        _title(row["name"]), *sizes, *rates, f"{row['largest_difference']:.4f}", f"{row['map_correlation']:.4f}", *times
    ]  # fmt: skip


def _title(name: str) -> str:
    return VARIANT_TITLES.get(name, f"fp16, {name.rpartition('_')[2]} % pruned")


def _ratio(timing: Mapping[str, float] | None) -> str:
    return f"{timing['ratio']:.2f} ({timing['low']:.2f} to {timing['high']:.2f})" if timing else "does not load"


NETWORK_TITLES = {
    "three_block": "three-block student",
    "dsnet": "DSNet's size (our layers)",
    "lightkd_student": "two-phase study's size (our layers)",
    "mobile_short": "ours, from the first blocks of MobileNetV2",
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "efficientnet_b0": "EfficientNetB0",
    "densenet169": "DenseNet169",
    "inception_v3": "InceptionV3",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "vgg16": "VGG16",
}


def runtimes_table(measured: Mapping[str, Any]) -> str:
    """Time, size and parameters of the networks, as Markdown, the quickest first."""
    rows = [
        f"| {NETWORK_TITLES.get(row['name'], _shipped(row['name']))} | {row['parameters']:,} "
        f"| {row['bytes'] / 1e6:.2f} | {_ratio(row)} | {row['median_ms']:.1f} |"
        for row in measured["networks"]
    ]
    what = (
        f"{RUNTIME_TITLES[measured['runtime']]} {measured['version']}, one thread, pictures of {measured['side']}×"
        f"{measured['side']}, {measured['classes']} classes, all three outputs; random weights, which do not change "
        "the time. What is shipped is the file itself, on pictures of its own size, with its mirror images. "
        f"Median of {measured['rounds']} interleaved rounds (in brackets: quartiles) of processor time; the "
        "milliseconds are those of one machine."
    )
    head = [
        "| network | parameters | fp16, MB | time, ratio to the three-block student | ms |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, "", what])


def _shipped(name: str) -> str:
    return f"**`{name}`, as it is shipped**"
