"""`flask summarise`: a finished run is told, measured and written, or refused with a sentence."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.bulk.results import columns, write_results
from app.evaluation.proportions import wilson
from tests.helpers.results import MODEL, results_file, row
from tests.helpers.uploads import png_lesion

ROWS = [row("one/a.jpg", 0.9), row("one/b.jpg", 0.05), row("one/c.jpg", 0.4), row("one/d.jpg"), row("one/e.jpg", 0.01)]
TRUTHS = "image_id,dx,lesion_id\na,mel,l1\nb,bcc,l2\nc,nv,l3\nd,mel,l4\ne,nv,l5\nother,nv,l6\n"


def summarised(app: Flask, *arguments: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=["summarise", *map(str, arguments)])


def test_a_run_is_measured_and_written(app: Flask, tmp_path: Path) -> None:
    results = results_file(tmp_path / "results.csv", ROWS)
    labels, page = tmp_path / "labels.csv", tmp_path / "run.html"
    labels.write_text(TRUTHS, encoding="utf-8")
    told = summarised(app, results, "--labels", labels, "--summary", page)
    assert told.exit_code == 0, told.output
    assert "Labelled pictures                 5, 3 malignant" in told.output
    assert "Sensitivity                       0.500" in told.output
    assert "Sensitivity, refused as referred  0.667" in told.output
    assert "1 label fits no picture of the run." in told.output
    found = json.loads((tmp_path / "results.evaluation.json").read_text(encoding="utf-8"))
    bundle = app.extensions["screener"].bundle
    assert found["model"] == {"name": bundle.name, "version": bundle.version, "sha256": bundle.model_sha256}
    assert found["threshold"] == bundle.operating_point.threshold
    assert found["groups"] == 5
    assert found["labels"]["group_column"] == "lesion_id"
    assert found["labels"]["refused"] == 1
    assert found["operating_point"]["assessed"]["counts"] == {"tp": 1, "fn": 1, "fp": 1, "tn": 1}
    assert page.read_text(encoding="utf-8").count("labelled malignant") >= 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "labels.csv", "results.csv", "results.evaluation.json", "run.html",
    ]  # fmt: skip


def test_a_copy_with_two_names_counts_once(app: Flask, tmp_path: Path) -> None:
    copy = row("two/z.jpg", 0.9, sha256=ROWS[0]["sha256"], duplicate_of="one/a.jpg")
    results = results_file(tmp_path / "results.csv", [*ROWS, copy])
    labels = tmp_path / "labels.csv"
    labels.write_text("path,truth\na,1\nb,1\nc,0\nd,1\ne,0\n", encoding="utf-8")
    told = summarised(app, results, "--labels", labels)
    assert told.exit_code == 0, told.output
    found = json.loads((tmp_path / "results.evaluation.json").read_text(encoding="utf-8"))
    assert (found["pictures"], found["labels"]["copies"]) == (5, 1)
    assert found["coverage"] == wilson(4, 5)
    assert "1 file is a copy of another, and not counted a second time." in told.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Name --summary, --labels, or both"),
        (["--summary", "results.csv"], "must end in .html or .htm, not 'results.csv'"),
        (["--labels", "none.csv"], "cannot be read: No such file"),
        (["--summary", "no/such/folder.html"], "cannot be written: No such file"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    results_file(tmp_path / "results.csv", ROWS)
    found = summarised(app, "results.csv", *arguments)
    assert found.exit_code != 0
    assert told in " ".join(found.output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"], "and leaves nothing behind"


def test_results_of_another_model_are_refused_and_nothing_is_written(app: Flask, tmp_path: Path) -> None:
    version, _, digest = MODEL.rpartition(" ")
    for other in (f"other {MODEL.split()[1]} {digest}", f"{version} (0123456789ab)"):  # of the same version, both
        results = results_file(tmp_path / "results.csv", [*ROWS, row("x", 0.9, model=other)])
        found = summarised(app, results, "--summary", tmp_path / "run.html")
        assert found.exit_code == 1
        assert f"was made by {other}, and {MODEL} is set up" in found.output
        assert not (tmp_path / "run.html").exists()


def test_results_from_before_they_named_their_model_are_refused_with_what_to_do(app: Flask, tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    write_results(results, [name for name in columns(()) if name != "model"], ROWS)
    found = summarised(app, results, "--summary", tmp_path / "run.html")
    assert found.exit_code == 1
    assert "does not say which model made it" in found.output
    assert "the same `screen` command again adds it" in found.output


def test_what_is_no_results_file_is_refused(app: Flask, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    found = summarised(app, other, "--summary", tmp_path / "run.html")
    assert found.exit_code == 1
    assert "is no results file: it lacks the column 'path'" in found.output


def test_labels_that_do_not_fit_leave_an_earlier_page_alone(app: Flask, tmp_path: Path) -> None:
    results = results_file(tmp_path / "results.csv", ROWS)
    labels, page = tmp_path / "labels.csv", tmp_path / "run.html"
    labels.write_text("path,truth\na,1\n", encoding="utf-8")
    page.write_text("earlier", encoding="utf-8")
    found = summarised(app, results, "--labels", labels, "--summary", page)
    assert found.exit_code == 1
    assert "4 pictures of the run have no label" in found.output
    assert page.read_text(encoding="utf-8") == "earlier"


def test_a_run_without_an_operating_point_is_measured_as_far_as_that_goes(app: Flask, tmp_path: Path) -> None:
    rows = [row(name, p_malignant, assessment=None) for name, p_malignant in (("a", 0.9), ("b", 0.2), ("c", 0.1))]
    results = results_file(tmp_path / "results.csv", rows)
    labels, page = tmp_path / "labels.csv", tmp_path / "run.html"
    labels.write_text("path,truth\na,1\nb,1\nc,0\n", encoding="utf-8")
    told = summarised(app, results, "--labels", labels, "--summary", page)
    assert told.exit_code == 0, told.output
    assert "AUC                      1.000" in told.output
    assert "Sensitivity" not in told.output
    assert "No recommendation" in page.read_text(encoding="utf-8")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for seed in (1, 2, 3):
        (folder / f"{seed}.png").write_bytes(png_lesion(seed))
    return folder


def test_a_run_is_screened_measured_and_written_at_once(app: Flask, tmp_path: Path, pictures: Path) -> None:
    results, page, labels = (tmp_path / name for name in ("results.csv", "run.html", "labels.csv"))
    labels.write_text("file,truth\n1,0\n2.png,1\npictures/3.png,0\n", encoding="utf-8")
    found = app.test_cli_runner().invoke(
        args=["screen", *map(str, (pictures, "--output", results, "--labels", labels, "--summary", page, "--jobs", 1))]
    )
    assert found.exit_code == 0, found.output
    assert "Labelled pictures                 3, 1 malignant" in found.output
    written = page.read_text(encoding="utf-8")
    assert "Screening of 3 files" in written
    assert written.count("data:image/jpeg") >= 1
    screener = app.extensions["screener"]
    riskiest = max(screener.screen(png_lesion(seed)).p_malignant or 0 for seed in (1, 2, 3))
    assert f"p = {100 * riskiest:.1f}\N{NO-BREAK SPACE}%" in written
    assert json.loads((tmp_path / "results.evaluation.json").read_text(encoding="utf-8"))["pictures"] == 3


def test_wrong_labels_are_told_before_anything_is_screened(app: Flask, tmp_path: Path, pictures: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("file,truth\n1,perhaps\n", encoding="utf-8")
    arguments = ["screen", str(pictures), "--output", str(tmp_path / "results.csv"), "--labels", str(labels)]
    found = app.test_cli_runner().invoke(args=arguments)
    assert found.exit_code == 1
    assert "1 labels of" in found.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "pictures"]
