"""docs/reproduction.md's tables: every evaluated recipe, and beside each paper's published figures ours."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from app.evaluation.metrics import FIXED_SENSITIVITIES, FIXED_SPECIFICITIES
from training.datasets import ham10000, kaggle
from training.figures.draw import drawn_names
from training.report.model_tables import epochs_run
from training.report.published import DSNET2022, ENSEMBLE2025, ISLAM2024, LIGHTKD2025, NOT_AT_HAND, Paper

NOT_RUN = "Not run yet."

Evaluation = Mapping[str, Any]
Column = tuple[str, Callable[[Evaluation], str]]


def reproduction_tables(evaluations: Sequence[Evaluation]) -> dict[str, Callable[[], str]]:
    """What the marks of docs/reproduction.md stand for, by name."""
    return {
        "results-overview": partial(overview_table, evaluations),
        "results-rates": partial(rates_table, evaluations),
        "results-figures": partial(figure_links, evaluations),
        "results-islam2024-ham10000": partial(published_table, ISLAM2024, evaluations, ham10000.NAME),
        "results-islam2024-kaggle": partial(published_table, ISLAM2024, evaluations, kaggle.NAME),
        **{
            f"results-{paper.key}": partial(published_table, paper, evaluations)
            for paper in (DSNET2022, LIGHTKD2025, ENSEMBLE2025)
        },
        **{f"settings-{paper.key}": partial(settings_table, paper) for paper in (ISLAM2024, DSNET2022)},
    }


def overview_table(evaluations: Sequence[Evaluation]) -> str:
    """Every evaluated recipe, a row each."""
    columns: list[Column] = [
        ("Recipe", _name),
        ("Data, split, label scheme", _data),
        ("Test images (lesions)", lambda e: f"{e['images']:,} ({e['lesions']:,})"),
        ("Epochs", lambda e: epochs_run(e["training"]) if e["training"]["epochs_run"] else "none of its own"),
        ("Parameters", lambda e: f"{e['training']['parameters']:,}"),
        *(
            (title, _metric(name))
            for title, name in (("AUC", "auc"), ("Accuracy", "accuracy"), ("F1", "f1"), ("MCC", "mcc"))
        ),
    ]
    return _table(columns, evaluations)


def rates_table(evaluations: Sequence[Evaluation]) -> str:
    """What each recipe could reach at fixed rates, and its calibration."""
    area: list[Column] = [("Recipe", _name), ("Average precision", _metric("average_precision"))]
    calibration: list[Column] = [("Brier", _metric("brier")), ("ECE", _metric("ece"))]
    sensitivities = [
        (f"Sensitivity at specificity {rate:.2f}", _metric(f"sensitivity_at_specificity_{round(100 * rate)}"))
        for rate in FIXED_SPECIFICITIES
    ]
    specificities = [
        (f"Specificity at sensitivity {rate:.2f}", _metric(f"specificity_at_sensitivity_{round(100 * rate)}"))
        for rate in FIXED_SENSITIVITIES
    ]
    return _table([*area, *sensitivities, *specificities, *calibration], evaluations)


def figure_links(evaluations: Sequence[Evaluation]) -> str:
    """Links to the figures of every evaluated recipe."""
    if not evaluations:
        return NOT_RUN
    rows = []
    for evaluation in evaluations:
        folder = f"results/{evaluation['recipe']['name']}"
        links = (
            f"[{name.removesuffix('.png').replace('_', ' ')}]({folder}/{name})" for name in drawn_names(evaluation)
        )
        rows.append(f"- {_name(evaluation)}: {', '.join(links)}; [all figures as JSON]({folder}/evaluation.json)")
    return "\n".join(rows)


def _metric(name: str) -> Callable[[Evaluation], str]:
    def text(evaluation: Evaluation) -> str:
        row = evaluation["metrics"][name]
        return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"

    return text


def _percent(name: str) -> Callable[[Evaluation], str]:
    def text(evaluation: Evaluation) -> str:
        row = evaluation["metrics"].get(name)
        if row is None:
            return "does not apply"
        return _percentage(row)

    return text


def _percentage(row: Mapping[str, float]) -> str:
    return f"{row['value']:.2%} ({row['low']:.2%} to {row['high']:.2%})".replace("%", " %")


def _of_benign(kind: str) -> Callable[[Evaluation], str]:
    return lambda evaluation: _percentage(evaluation["per_class"]["benign"][kind])


def _class_accuracy(evaluation: Evaluation) -> str:
    seven = "seven_class_accuracy"
    return _percent(seven if seven in evaluation["metrics"] else "accuracy")(evaluation)


COLUMNS: Mapping[str, Column] = {
    "parameters": ("Parameters", lambda evaluation: f"{evaluation['training']['parameters']:,}"),
    "accuracy": ("Accuracy", _percent("accuracy")),
    "precision": ("Precision", _percent("precision")),
    "recall": ("Recall", _percent("sensitivity")),
    "f1": ("F1", _percent("f1")),
    "mcc": ("MCC", _metric("mcc")),
    "benign_precision": ("Precision of benign", _of_benign("precision")),
    "benign_recall": ("Recall of benign", _of_benign("recall")),
    "benign_f1": ("F1 of benign", _of_benign("f1")),
    "class_accuracy": ("Accuracy over the classes told apart", _class_accuracy),
    "class_balanced_accuracy": ("Balanced accuracy over them", _percent("seven_class_balanced_accuracy")),
}


def published_table(paper: Paper, evaluations: Sequence[Evaluation], data: str | None = None) -> str:
    """A paper's figures and ours beside them, ours with 95 % intervals.

    Args:
        paper: what it publishes.
        evaluations: ours; those whose recipe's name begins as the paper says are shown.
        data: name of the data set that both are about; None for all.
    """
    columns = [COLUMNS[name] for name in paper.columns]
    lines = _head(["", "Data, split, label scheme", *(title for title, _ in columns)])
    models = [model for model in paper.models if data in {None, model.data}]
    for model in models:
        cells = [model.figures[name].text if name in model.figures else NOT_AT_HAND for name in paper.columns]
        lines.append(_row([f"published: {model.name}", model.data, *cells]))
    if not models:
        lines.append(_row(["published", NOT_AT_HAND, *(NOT_AT_HAND for _ in columns)]))
    ours = [
        evaluation
        for evaluation in evaluations
        if evaluation["recipe"]["name"].startswith((paper.key, *paper.recipes))
        and data in {None, evaluation["recipe"]["dataset"]}
    ]
    for evaluation in ours:
        lines.append(
            _row([f"ours: {_name(evaluation)}", _data(evaluation), *(text(evaluation) for _, text in columns)])
        )
    if not ours:
        lines.append(_row(["ours", "not run yet", *("" for _ in columns)]))
    sources = sorted({f"{figure.text}: {figure.source}" for model in models for figure in model.figures.values()})
    published = f"Published: {paper.citation}." + (f" Sources: {'; '.join(sources)}." if sources else "")
    return "\n".join([*lines, "", published])


def settings_table(paper: Paper) -> str:
    """What else a paper publishes."""
    rows = [_row([name, figure.text, figure.source]) for name, figure in paper.settings.items()]
    return "\n".join([*_head(["Setting", "Published", "Source"]), *rows])


def _name(evaluation: Evaluation) -> str:
    recipe = evaluation["recipe"]
    members = [member["name"] for member in evaluation.get("ensemble_of", ())]
    version = f" {recipe['version']}" if recipe["version"] else ""
    return f"`{recipe['name']}`{version}" + (f", mean of {' and '.join(members)}" if members else "")


def _data(evaluation: Evaluation) -> str:
    recipe = evaluation["recipe"]
    return f"{recipe['dataset']}, `{recipe['split']}`, `{recipe['scheme']}`"


def _table(columns: Sequence[Column], evaluations: Sequence[Evaluation]) -> str:
    if not evaluations:
        return NOT_RUN
    rows = [_row([text(evaluation) for _, text in columns]) for evaluation in evaluations]
    return "\n".join([*_head([title for title, _ in columns]), *rows])


def _head(titles: Sequence[str]) -> list[str]:
    return [_row(titles), _row(["---"] * len(titles))]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
