"""How fast the application is and what it takes, as Markdown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

USUAL, LARGE = "600×450", "4000×3000"
BUSY = "4"
"""Clients that keep one worker or two busy, as JSON's keys have it."""

QUIET = 0.1
"""Share of the processors that others may use where seconds are measured."""

DEMO = "keras_mobilenet_v2"
RIVAL_TITLES = {
    "lesion-screening": "**this application**",
    "fastapi": "same student, FastAPI and uvicorn",
    "keras_mobilenet_v2": "usual demo: Flask, Keras MobileNetV2",
    "keras_resnet50": "usual demo: Flask, Keras ResNet50",
}
PARTS = {"decode": "decode", "preprocess": "stages", "inference": "inference", "quality": "quality", "rest": "rest"}


@dataclass(frozen=True, slots=True)
class Target:
    """Attributes:
    what: is measured, in words.
    value: found.
    bound: that it has to reach, or to stay below.
    unit: behind both.
    at_least: whether more is better.
    timed: whether it is a matter of seconds, which other programs disturb.
    """

    what: str
    value: float
    bound: float
    unit: str = ""
    at_least: bool = False
    timed: bool = True

    @property
    def met(self) -> bool:
        """Whether the value is on the right side of the bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self, *, quiet: bool) -> str:
        """Of the table; without a verdict on seconds where the machine was not quiet."""
        sign = "≥" if self.at_least else "≤"
        verdict = "not judged" if self.timed and not quiet else "met" if self.met else "**missed**"
        return f"| {self.what} | {sign} {self.bound:g}{self.unit} | {self.value:.3g}{self.unit} | {verdict} |"


def targets(measured: Mapping[str, Any]) -> list[Target]:
    """What the application is held to, with what was measured."""
    one, two = (measured[name]["clients"][BUSY] for name in ("one_worker", "two_workers"))
    latency, memory = measured["latencies"], measured["memory"]["2"]["worker_pss"]
    ours, demo = (measured["rivals"][name] for name in ("lesion-screening", DEMO))
    usual = latency[USUAL]
    return [
        Target("HTTP throughput of the pipeline's, one worker", one["ratio"]["median"], 0.9, at_least=True),
        Target("HTTP throughput of the pipeline's, two workers", two["ratio"]["median"], 0.9, at_least=True),
        Target(
            "the pipeline's share of a worker's processor time",
            one["cpu_ratio"]["median"],
            0.9,
            at_least=True,
            timed=False,
        ),
        Target(f"{USUAL}, one client, median", usual["p50_ms"], 15, " ms"),
        Target(f"{USUAL}, one client, 99th percentile of the median", usual["p99_ms"] / usual["p50_ms"], 3, " ×"),
        Target("predictions a second and core, over HTTP", one["rate"]["median"], 75, at_least=True),
        Target("12 megapixels, one client, median", latency[LARGE]["p50_ms"], 60, " ms"),
        Target("PSS of a worker, two workers", memory, 70, " MB", timed=False),
        Target("from the start to the first answer", measured["cold_start"]["median"], 1, " s"),
        Target("installed serving environment", measured["installed"]["mb"], 350, " MB", timed=False),
        Target(
            "throughput of the usual demo's", ours["rate"]["median"] / demo["rate"]["median"], 10, " ×", at_least=True
        ),
        Target("memory of the usual demo's", ours["server_pss"] / demo["server_pss"], 0.125, timed=False),
    ]


def targets_table(measured: Mapping[str, Any]) -> str:
    """Each target, what was measured, and whether it is met."""
    machine = measured["machine"]
    quiet = machine["busy_with_others"] <= QUIET
    rows = [target.row(quiet=quiet) for target in targets(measured)]
    where = (
        f"{machine['model']} with {machine['runtime']} on {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, Python {machine['python']}; before the run, other programs used "
        f"{machine['busy_with_others']:.0%} of its processors."
    )
    if not quiet:
        where += (
            " **With so much beside it no second on this page means anything**, nor any ratio of them: memory, size "
            "and processor time do. `make bench` on a quiet machine measures them all anew."
        )
    return "\n".join(["| what | target | measured | |", "| --- | --- | --- | --- |", *rows, "", where])


def parts_table(measured: Mapping[str, Any]) -> str:
    """Milliseconds of each part by size of the picture, and of the same picture over HTTP."""
    lines = [
        f"| JPEG | {' | '.join(PARTS.values())} | whole | over HTTP, median | 99th percentile |",
        f"|{' --- |' * (len(PARTS) + 4)}",
    ]
    for size, parts in measured["parts"].items():
        http = measured["latencies"][size]
        cells = [f"{parts[part]['median']:.1f}" for part in PARTS]
        whole = f"{parts['whole']['median']:.1f} ({parts['whole']['low']:.1f} to {parts['whole']['high']:.1f})"
        lines.append(f"| {size} | {' | '.join(cells)} | {whole} | {http['p50_ms']:.1f} | {http['p99_ms']:.1f} |")
    return "\n".join(lines)


def throughput_table(measured: Mapping[str, Any]) -> str:
    """Answers a second beside the pipeline on the same cores."""
    head = (
        "| workers | clients | answers a second | of the pipeline's | processor time an answer, of which pipeline | "
        "median | 99th percentile | sent away | the clients' share of a core |"
    )
    lines = [head, f"|{' --- |' * 9}"]
    for workers, name in ((1, "one_worker"), (2, "two_workers")):
        for clients, row in measured[name]["clients"].items():
            away = sum(count for status, count in row["statuses"].items() if status != "200")
            lines.append(
                f"| {workers} | {clients} | {_spread(row['rate'])} | {_spread(row['ratio'], 2)} "
                f"| {row['server_cpu_ms']['median']:.1f} ms, {row['cpu_ratio']['median']:.0%} | {row['p50_ms']:.0f} ms "
                f"| {row['p99_ms']:.0f} ms | {away} | {row['client_cpu_share']['median']:.0%} |"
            )
    limits = ", ".join(
        f"{_spread(measured[name]['pipeline_rate'])} a second on {cores}"
        for name, cores in (("one_worker", "one core"), ("two_workers", "two"))
    )
    return "\n".join([*lines, "", f"The pipeline alone: {limits}."])


def footprint_table(measured: Mapping[str, Any]) -> str:
    """Memory by number of workers, start and size."""
    lines = [
        "| workers | RSS of a worker | PSS of a worker | PSS of all, master included |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {workers} | {row['worker_rss']:.0f} MB | {row['worker_pss']:.0f} MB | {row['server_pss']:.0f} MB |"
        for workers, row in measured["memory"].items()
    ]
    start, installed = measured["cold_start"], measured["installed"]
    largest = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in installed["largest"].items())
    what = (
        f"From the start of gunicorn to the first answer: {_spread(start, 2)} s. Installed: {installed['mb']:.0f} MB, "
        f"of which {largest}."
    )
    return "\n".join([*lines, "", what])


def rivals_table(measured: Mapping[str, Any]) -> str:
    """Beside what somebody would take instead."""
    head = "| | answers a second, 4 clients | one client, median | PSS of all processes | to the first answer |"
    lines = [head, f"|{' --- |' * 5}"]
    for name, row in measured["rivals"].items():
        lines.append(
            f"| {RIVAL_TITLES[name]} | {_spread(row['rate'])} | {row['p50_ms']:.0f} ms | {row['server_pss']:.0f} MB "
            f"| {row['cold_start']:.1f} s |"
        )
    return "\n".join(lines)


def tried_table(measured: Mapping[str, Any]) -> str:
    """Each choice beside its alternative."""
    tried = measured["tried"]
    small, large = tried["allocator"][USUAL], tried["allocator"][LARGE]
    rows = [
        ("freed memory is kept up to 4 MB, " + USUAL, small["used"], "glibc gives back from 128 KB on", small["small"]),
        ("the same, " + LARGE, large["used"], "glibc gives back from 128 KB on", large["small"]),
        ("the gate's product without OpenBLAS", tried["product"]["einsum"], "with it", tried["product"]["openblas"]),
    ]
    if len(tried["runtimes"]) > 1:
        rows.append(
            (
                "inference with tflite-runtime", tried["runtimes"]["tflite_runtime"],
                "with ai-edge-litert", tried["runtimes"]["ai_edge_litert"],
            )
        )  # fmt: skip
    inference = measured["parts"][USUAL]["inference"]["median"]
    peak = (
        f"The model's convolutions and dense layers are {tried['model_gflop']:.2f} GFLOP, done in {inference:.1f} ms: "
        f"{tried['model_gflop'] / inference * 1e3:.0f} GFLOP a second, where OpenBLAS' product of large matrices "
        f"reaches {tried['peak_gflops']:.0f} on the same core."
    )
    lines = [f"| {done} | {ours:.1f} | {other} | {theirs:.1f} |" for done, ours, other, theirs in rows]
    return "\n".join(["| what is done | ms | instead of | ms |", "| --- | --- | --- | --- |", *lines, "", peak])


def _spread(values: Mapping[str, float], digits: int = 1) -> str:
    return f"{values['median']:.{digits}f} ({values['low']:.{digits}f} to {values['high']:.{digits}f})"
