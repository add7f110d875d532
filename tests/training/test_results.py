"""What `report` takes into docs/results, and the tables of what is there and of what the papers publish."""

from pathlib import Path

import pytest

from tests.training.made_up import write_run
from training.errors import TrainingError
from training.report.published import DSNET2022, ENSEMBLE2025, ISLAM2024, LIGHTKD2025
from training.report.reproduction import reproduction_tables
from training.report.results import collect, draw_results, read_results

RAW = [[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]]


def test_evaluated_runs_are_taken_over_and_those_in_small_are_not(tmp_path: Path) -> None:
    runs, repository = tmp_path / "runs", tmp_path / "repository"
    write_run(runs / "second", RAW)
    write_run(runs / "first", RAW)
    write_run(runs / "first-smoke", RAW, smoke=True)
    (runs / "cache").mkdir()
    copies = collect(runs, repository)
    assert [path.relative_to(repository).as_posix() for path in copies] == [
        "docs/results/first/evaluation.json",
        "docs/results/second/evaluation.json",
    ]
    assert [found["recipe"]["name"] for found in read_results(repository)] == ["first", "second"]
    assert (repository / "docs/results/first/roc.png") in draw_results(repository)
    assert (repository / "docs/results/second/curves.png").is_file()


def test_a_folder_without_an_evaluation_or_with_that_of_another_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no evaluated run"):
        collect(tmp_path, tmp_path)
    write_run(tmp_path / "copied", RAW, name="original")
    write_run(tmp_path / "another", RAW)
    with pytest.raises(TrainingError, match="is about original; rename its folder"):
        collect(tmp_path, tmp_path)
    assert not (tmp_path / "docs").exists()


def test_without_results_every_table_says_so_and_shows_what_is_published() -> None:
    tables = {name: table() for name, table in reproduction_tables([]).items()}
    for name in ("results-overview", "results-rates", "results-figures"):
        assert tables[name] == "Not run yet."
    assert "| published: student | ham10000 | 163,362 | 98.75 % | not at hand |" in tables["results-islam2024-ham10000"]
    assert "98.75 %" not in tables["results-islam2024-kaggle"]
    assert "| ours | not run yet |" in tables["results-dsnet2022"]
    assert tables["results-lightkd2025"].count("| published: phase") == 4
    assert "| published | not at hand |" in tables["results-ensemble2025"]


def test_ours_stand_beside_the_paper_whose_recipe_they_are(tmp_path: Path) -> None:
    ours = [
        write_run(tmp_path / "islam2024_student", RAW),
        write_run(tmp_path / "islam2024_kaggle", RAW, dataset="kaggle_malignant_vs_benign"),
        write_run(tmp_path / "lightkd2025_student", RAW),
    ]
    tables = {name: table() for name, table in reproduction_tables(ours).items()}
    assert tables["results-overview"].count("\n| `") == 3
    assert "0.750" in tables["results-overview"]  # accuracy: the second image is benign and taken for malignant
    row = "| ours: `islam2024_student` 1.0.0 | ham10000, `drawn`, `melanoma` | 1,000 | 75.00 % ("
    assert row in tables["results-islam2024-ham10000"]
    assert "islam2024_kaggle" not in tables["results-islam2024-ham10000"]
    assert "islam2024_kaggle" in tables["results-islam2024-kaggle"]
    assert "lightkd2025_student" in tables["results-lightkd2025"]
    assert "not run yet" not in tables["results-lightkd2025"]
    link = "results/islam2024_student/roc.png"
    assert f"[roc]({link})" in tables["results-figures"]


def test_both_classes_stand_where_the_paper_gives_both(tmp_path: Path) -> None:
    ours = [write_run(tmp_path / "dsnet2022_student", RAW)]
    head, _, *rows = reproduction_tables(ours)["results-dsnet2022"]().splitlines()
    assert head.endswith("| Precision of benign | Recall of benign | F1 of benign |")
    (row,) = [row for row in rows if "ours" in row]
    *_, precision, recall, f1, _ = (cell.strip().split(" (")[0] for cell in row.split("|"))
    # Of two benign images one is taken for malignant, and nothing malignant for benign.
    assert (precision, recall, f1) == ("100.00 %", "50.00 %", "66.67 %")


def test_every_published_figure_names_its_place() -> None:
    papers = (ISLAM2024, DSNET2022, LIGHTKD2025, ENSEMBLE2025)
    figures = [
        figure
        for paper in papers
        for figure in (*paper.settings.values(), *(f for model in paper.models for f in model.figures.values()))
    ]
    assert len(figures) >= 15
    assert all(figure.text and ("arXiv:" in figure.source or "study named" in figure.source) for figure in figures)
    assert all(set(model.figures) <= set(paper.columns) for paper in papers for model in paper.models)
