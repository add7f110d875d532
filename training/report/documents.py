"""Writes every figure in the documents from the artifact that it describes; a test finds a figure that was not.

A document marks its place with `<!-- figures: NAME -->` and `<!-- /figures -->`; what stands between is replaced.
"""

import json
import re
from pathlib import Path
from typing import Any

from training.bundles import read_manifest, shipped_bundles
from training.figures.speed import draw_speed
from training.report import bulk_tables
from training.report.calibration_tables import calibration_text
from training.report.curve_tables import CURVES, curves_table, read_curves
from training.report.data_tables import (
    audit_table,
    bilateral_table,
    million_line,
    pipeline_table,
    roi_table,
    skin_table,
    trial_table,
)
from training.report.evidence_tables import EVIDENCE, all_evidence
from training.report.failure_tables import failures_text, shortcuts_table
from training.report.footprint_tables import runtimes_table, variants_table
from training.report.gate_tables import compared_table, gate_line, gate_table
from training.report.model_tables import bundle_line, metrics_table, operating_line, students_table
from training.report.operation_tables import hostile_table, memory_table
from training.report.reproduction import reproduction_tables
from training.report.results import read_results
from training.report.security_tables import (
    bundles_table,
    concurrency_table,
    failing_parts_table,
    processes_table,
    soak_line,
    soak_table,
    traces_table,
)
from training.report.speed_tables import (
    footprint_table,
    parts_table,
    rivals_table,
    targets_table,
    throughput_table,
    tried_table,
)
from training.report.worth_tables import external_table, subgroups_table

DOCUMENTS = (
    "README.md",
    "deploy/dask/README.md",
    "docs/bulk.md",
    "docs/data.md",
    "docs/model.md",
    "docs/operations.md",
    "docs/reproduction.md",
    "docs/risk.md",
    "docs/security.md",
    "docs/speed.md",
)
FIGURES = Path("docs/figures")
BILATERAL = FIGURES / "bilateral.json"
AUDIT = FIGURES / "audit.json"
AUDIT_TRIAL = FIGURES / "audit_trial.json"
ROI = FIGURES / "roi.json"
SKIN = FIGURES / "skin_tone.json"
PIPELINE = FIGURES / "pipeline.json"
VARIANTS = FIGURES / "variants.json"
RUNTIMES = FIGURES / "runtimes.json"
MEMORY = FIGURES / "memory.json"
FAULTS = FIGURES / "faults.json"
SOAK = FIGURES / "soak.json"
BULK = FIGURES / "bulk.json"
HOSTILE = FIGURES / "hostile.json"
SPEED = FIGURES / "speed.json"
SPEED_FIGURE = FIGURES / "speed.png"
MARK = re.compile(r"(<!-- figures: ([\w-]+) -->\n)(.*?)(<!-- /figures -->)", re.DOTALL)


def write_documents(repository: Path, bundle: Path) -> list[Path]:
    """Fills the marked places of all documents. Returns those that changed."""
    changed = []
    for name in DOCUMENTS:
        path = repository / name
        before = path.read_text(encoding="utf-8")
        after = filled(before, repository, bundle)
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def draw_figures(repository: Path) -> list[Path]:
    """Draws the figures of the documents that no evaluation belongs to. Returns them."""
    draw_speed(_read(repository / SPEED), repository / SPEED_FIGURE)
    return [repository / SPEED_FIGURE]


def filled(document: str, repository: Path, bundle: Path) -> str:
    """`document` with the figures of the artifacts. Raises ValueError for a mark that no table belongs to."""
    tables = {
        "test-metrics": lambda: metrics_table(read_manifest(bundle)),
        "operating-point": lambda: operating_line(read_manifest(bundle)),
        "bundle": lambda: bundle_line(read_manifest(bundle)),
        "students": lambda: students_table(
            [read_manifest(folder) for folder in shipped_bundles(bundle.parent)], bundle.name
        ),
        "calibration": lambda: calibration_text(read_manifest(bundle)),
        "failures": lambda: failures_text(read_manifest(bundle)),
        "shortcuts": lambda: shortcuts_table(read_manifest(bundle)),
        "gate": lambda: gate_table(read_manifest(bundle)),
        "gate-line": lambda: gate_line(read_manifest(bundle)),
        "gate-candidates": lambda: compared_table(read_manifest(bundle)["gate"]),
        "subgroups": lambda: subgroups_table(read_manifest(bundle)),
        "external": lambda: external_table(read_manifest(bundle)),
        "bilateral": lambda: bilateral_table(_read(repository / BILATERAL)),
        "audit": lambda: audit_table(_read(repository / AUDIT)),
        "million": lambda: million_line(_read(repository / AUDIT)),
        "audit-trial": lambda: trial_table(_read(repository / AUDIT_TRIAL)),
        "roi": lambda: roi_table(_read(repository / ROI)),
        "skin-tone": lambda: skin_table(_read(repository / SKIN)),
        "evidence": lambda: all_evidence(repository / EVIDENCE),
        "learning-curves": lambda: curves_table(read_curves(repository / CURVES)),
        "runtimes": lambda: runtimes_table(_read(repository / RUNTIMES)),
        "variants": lambda: variants_table(_read(repository / VARIANTS)),
        "pipeline": lambda: pipeline_table(_read(repository / PIPELINE)),
        "bulk-speed": lambda: bulk_tables.speed_table(_read(repository / BULK)),
        "bulk-memory": lambda: bulk_tables.memory_rows(_read(repository / BULK)),
        "bulk-archive": lambda: bulk_tables.archive_line(_read(repository / BULK)),
        "bulk-projection": lambda: bulk_tables.projection_table(
            _read(repository / BULK), _read(repository / SPEED)["parts"]
        ),
        "memory": lambda: memory_table(_read(repository / MEMORY)),
        "traces": lambda: traces_table(_read(repository / FAULTS)),
        "concurrency": lambda: concurrency_table(_read(repository / FAULTS)),
        "fault-parts": lambda: failing_parts_table(_read(repository / FAULTS)),
        "fault-processes": lambda: processes_table(_read(repository / FAULTS)),
        "fault-bundles": lambda: bundles_table(_read(repository / FAULTS)),
        "soak-line": lambda: soak_line(_read(repository / SOAK)),
        "soak": lambda: soak_table(_read(repository / SOAK)),
        "hostile": lambda: hostile_table(_read(repository / HOSTILE)),
        "speed-targets": lambda: targets_table(_read(repository / SPEED)),
        "speed-parts": lambda: parts_table(_read(repository / SPEED)),
        "speed-throughput": lambda: throughput_table(_read(repository / SPEED)),
        "speed-footprint": lambda: footprint_table(_read(repository / SPEED)),
        "speed-rivals": lambda: rivals_table(_read(repository / SPEED)),
        "speed-tried": lambda: tried_table(_read(repository / SPEED)),
        **reproduction_tables(read_results(repository)),
    }

    def fill(match: re.Match[str]) -> str:
        if match[2] not in tables:
            raise ValueError(f"a document asks for the figures {match[2]!r}; there are {sorted(tables)}")
        return f"{match[1]}{tables[match[2]]()}\n{match[4]}"

    return MARK.sub(fill, document)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
