"""Several pictures at once, and what becomes of them: the table, its CSV, the report."""

import csv
import io

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from pypdf import PdfReader

from app import create_app
from app.config import Config
from app.ops.requests import Upload
from app.web.results import screened
from tests.helpers.pages import hidden, send, token_of
from tests.helpers.uploads import encoded, lesion, png_lesion


def table_of(client: FlaskClient, page: str) -> list[dict[str, str]]:
    response = client.post("/results.csv", data={"table": hidden(page, "table")})
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == 'attachment; filename="lesion-screening.csv"'
    return list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))


def test_each_of_several_pictures_gets_the_answer_that_it_gets_alone(client: FlaskClient, app: Flask) -> None:
    pictures = [(f"{seed}.png", png_lesion(seed)) for seed in range(1, 6)]
    page = send(client, *pictures).get_data(as_text=True)
    rows = table_of(client, page)
    assert [row["name"] for row in rows] == [name for name, _ in pictures]
    for row, (_, upload) in zip(rows, pictures, strict=True):
        alone = app.extensions["screener"].screen(upload)
        assert float(row["p_malignant"]) == pytest.approx(alone.p_malignant, abs=1e-6)
        assert row["prediction"] == alone.prediction
        assert row["assessment"] == alone.assessment
        assert sum(float(row[column]) for column in row if column in CLASS_COLUMNS) == pytest.approx(1, abs=1e-5)


CLASS_COLUMNS = [f"p_{code}" for code in ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")]


def test_a_bad_picture_among_good_ones_is_a_row_with_its_reason(client: FlaskClient) -> None:
    response = send(client, ("a.png", png_lesion(1)), ("b.txt", b"no picture"), ("c.png", png_lesion(2)))
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert page.count("<article") == 3
    rows = table_of(client, page)
    assert rows[1]["error"].startswith("This is not an accepted image format.")
    assert rows[1]["prediction"] == rows[1]["p_malignant"] == rows[1]["p_mel"] == ""
    assert all(row["prediction"] and not row["error"] for row in (rows[0], rows[2]))


def test_a_fault_in_one_picture_is_told_and_leaves_the_others_their_answers(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    screener = app.extensions["screener"]
    whole = type(screener).screen

    def failing(_: object, upload: bytes) -> object:
        if upload == png_lesion(2):
            raise RuntimeError("out of order")
        return whole(screener, upload)

    monkeypatch.setattr(type(screener), "screen", failing)
    page = send(client, ("a.png", png_lesion(1)), ("b.png", png_lesion(2))).get_data(as_text=True)
    rows = table_of(client, page)
    assert rows[0]["prediction"]
    assert rows[1]["error"].startswith("The server failed.")
    assert rows[1]["prediction"] == ""


def test_pictures_that_are_all_refused_lead_back_to_the_form_with_each_reason(client: FlaskClient) -> None:
    response = send(client, ("a.txt", b"no"), ("b.png", b""))
    page = response.get_data(as_text=True)
    assert response.status_code == 415
    assert "<bdi>a.txt</bdi>: This is not an accepted image format" in page
    assert "<bdi>b.png</bdi>: The file is empty" in page
    assert 'type="file"' in page


def test_the_most_urgent_picture_comes_first(client: FlaskClient, app: Flask) -> None:
    pictures = [(f"{seed}.png", png_lesion(seed)) for seed in range(1, 7)]
    page = send(client, *pictures, ("bad.png", b"bad")).get_data(as_text=True)
    risks = {name: app.extensions["screener"].screen(upload).p_malignant for name, upload in pictures}
    expected = [*sorted(risks, key=lambda name: -risks[name]), "bad.png"]
    shown = sorted(expected, key=lambda name: page.index(f"<bdi>{name}</bdi></a>"))
    assert shown == expected


def test_more_pictures_than_the_page_takes_are_refused_with_the_number(client: FlaskClient) -> None:
    response = send(client, *[(f"{number}.png", png_lesion(1)) for number in range(21)])
    assert response.status_code == 400
    assert "Send at most 20 pictures at a time; these are 21." in response.get_data(as_text=True)


def test_pictures_that_are_too_large_together_are_refused() -> None:
    small = create_app(Config(page_bytes=200_000)).test_client()
    response = send(small, *[(f"{n}.bmp", encoded(lesion(n, 200, 200), "BMP")) for n in range(4)])
    assert response.status_code == 413
    assert "Send at most 0.2 MB in all." in response.get_data(as_text=True)


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "\uff1d1.png"])
def test_a_file_name_that_a_spreadsheet_would_compute_is_guarded(client: FlaskClient, name: str) -> None:
    rows = table_of(client, send(client, (name, png_lesion(1)), ("b.png", png_lesion(2))).get_data(as_text=True))
    assert rows[0]["name"] == f"'{name}"


def test_a_file_name_with_a_formula_after_a_separator_stays_one_text(client: FlaskClient) -> None:
    page = send(client, ("a;=1+1.png", png_lesion(1)), ("b.png", png_lesion(2))).get_data(as_text=True)
    response = client.post("/results.csv", data={"table": hidden(page, "table")})
    line = response.data.decode("utf-8-sig").splitlines()[1]
    assert line.startswith('"\'a =1+1.png",')


def test_results_hold_no_large_picture_while_the_page_is_made(app: Flask) -> None:
    uploads = [Upload(f"{n}.png", png_lesion(n)) for n in (1, 2)]
    with app.test_request_context():
        g.request_id = "0" * 16
        results = screened(uploads)
    assert [entry.screening.image.size for entry in results if entry.screening] == [0, 0]


def test_a_file_name_is_shown_as_text_and_without_folders(client: FlaskClient) -> None:
    name = 'C:/secret/"><img src=x onerror=alert(1)>.png'
    page = send(client, (name, png_lesion(1)), ("b.png", png_lesion(2))).get_data(as_text=True)
    assert "&lt;img src=x onerror=alert(1)&gt;.png" in page
    assert "<img src=x" not in page
    assert "secret" not in page


def test_a_changed_or_foreign_table_is_refused(client: FlaskClient) -> None:
    page = send(client, ("a.png", png_lesion(1)), ("b.png", png_lesion(2))).get_data(as_text=True)
    for table in (hidden(page, "table")[:-2], "", "forged", hidden(page, "answer")):
        response = client.post("/results.csv", data={"table": table})
        assert response.status_code == 400
        assert "can no longer be turned into a file" in response.get_data(as_text=True)


def report_of(client: FlaskClient, page: str, **options: object) -> PdfReader:
    response = client.post("/report.pdf", data={"answer": hidden(page, "answer")}, **options)
    assert response.status_code == 200
    assert response.content_type == "application/pdf"
    return PdfReader(io.BytesIO(response.data))


def test_the_report_says_what_the_page_says_on_one_page(client: FlaskClient, app: Flask) -> None:
    screening = app.extensions["screener"].screen(png_lesion())
    bundle = app.extensions["screener"].bundle
    report = report_of(client, send(client, ("Jane-Doe.png", png_lesion())).get_data(as_text=True))
    text = report.pages[0].extract_text().replace("\n", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert len(report.pages) == 1
    assert f"Probability of malignancy {screening.p_malignant * 100:.1f} %" in text
    assert ("Refer" if screening.assessment == "refer" else "Low risk") in text
    assert f"{bundle.name} {bundle.version}" in text
    assert bundle.model_sha256 in text
    assert "not a medical device" in text
    assert f"Sensitivity {bundle.operating_point.sensitivity.value * 100:.1f} %" in text
    assert len(report.pages[0].images) == 1
    assert "Jane-Doe" not in text + str(report.metadata)


def test_the_report_s_fields_are_empty_and_can_be_filled_in(client: FlaskClient) -> None:
    report = report_of(client, send(client, ("a.png", png_lesion())).get_data(as_text=True))
    fields = report.get_fields() or {}
    assert set(fields) == {"reference", "notes"}
    assert not any(field.get("/V") for field in fields.values())


def test_a_report_of_the_drawn_sample_says_so(client: FlaskClient) -> None:
    page = client.post("/sample", data={"csrf_token": token_of(client)}).get_data(as_text=True)
    assert "A drawn picture, not a patient's." in report_of(client, page).pages[0].extract_text()


def test_a_report_of_another_server_or_model_is_refused(client: FlaskClient) -> None:
    elsewhere = create_app(Config()).test_client()
    answer = hidden(send(elsewhere, ("a.png", png_lesion())).get_data(as_text=True), "answer")
    response = client.post("/report.pdf", data={"answer": answer})
    assert response.status_code == 400
    assert "Screen the picture again" in response.get_data(as_text=True)
