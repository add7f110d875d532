"""What a data set holds, as tables and as a figure: Table 2 of Islam et al. 2024, and who and what was photographed."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from training.datasets.records import Dataset, LesionRecord
from training.datasets.schemes import SCHEMES, LabelScheme

AGE_BAND = 20
UNKNOWN = "unknown"

Table = Mapping[str, int]


def summarise(dataset: Dataset) -> dict[str, Table]:
    """{title: {row: images}}, one table a question; rows in a sensible order."""
    records = dataset.records
    columns: dict[str, Callable[[LesionRecord], str | None]] = {
        "class": lambda record: record.dx,
        "dx_type": lambda record: record.dx_type,
        "age": lambda record: _age_band(record.age),
        "sex": lambda record: record.sex,
        "site": lambda record: record.site,
        "part": lambda record: record.part,
    }
    tables: dict[str, Table] = {
        "images and lesions": {"images": len(records), "lesions": len({record.group for record in records})}
    }
    for scheme in SCHEMES.values():
        tables[f"scheme {scheme.name}"] = _by_scheme(dataset, scheme)
    for title, column in columns.items():
        counts = Counter(column(record) or UNKNOWN for record in records)
        if set(counts) != {UNKNOWN}:
            tables[title] = dict(sorted(counts.items(), key=lambda row: (row[0] == UNKNOWN, row[0])))
    tables["skipped"] = dict(Counter(skip.reason for skip in dataset.skipped))
    return {title: table for title, table in tables.items() if table}


def to_markdown(name: str, tables: Mapping[str, Table]) -> str:
    """The tables as Markdown."""
    blocks = [f"## {name}"]
    for title, table in tables.items():
        rows = [f"| {row} | {count:,} |" for row, count in table.items()]
        blocks.append("\n".join([f"| {title} | images |", "| --- | --- |", *rows]))
    return "\n\n".join(blocks)


def draw(name: str, tables: Mapping[str, Table], folder: Path) -> Path:
    """Draws the tables of Islam et al. 2024's grouping, class, age, sex, site and dx_type as bars. Returns the PNG."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    titles = [title for title in ("scheme islam2024", "class", "age", "sex", "site", "dx_type") if title in tables]
    figure, axes = plt.subplots(1, len(titles), figsize=(4 * len(titles), 4), squeeze=False, layout="constrained")
    for axis, title in zip(axes[0], titles, strict=True):
        rows, counts = list(tables[title]), list(tables[title].values())
        axis.barh(rows, counts, color="#0b5563")
        axis.bar_label(axis.containers[0], fmt="{:,.0f}", padding=2, fontsize=8)
        axis.set_title(f"{name}: {title}")
        axis.invert_yaxis()
        axis.margins(x=0.18)
        axis.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-summary.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _by_scheme(dataset: Dataset, scheme: LabelScheme) -> Table:
    known = scheme.malignant | scheme.benign
    counts = Counter(
        ("malignant" if scheme.is_malignant(record.dx) else "benign") if record.dx in known else "unknown to the scheme"
        for record in dataset.records
    )
    return {row: counts[row] for row in ("benign", "malignant", "unknown to the scheme") if counts[row]}


def _age_band(age: float | None) -> str | None:
    if age is None:
        return None
    low = int(age // AGE_BAND) * AGE_BAND
    return f"{low:02}-{low + AGE_BAND - 1:02}"
