"""Routes that turn what a result page carries into files. Nothing of it is kept here."""

from flask import Blueprint, Response, current_app, request

from app.ops.stalls import computing
from app.ops.turns import take_turn
from app.web.carried import verified_answer, verified_table
from app.web.table import csv_file

blueprint = Blueprint("export", __name__)


@blueprint.post("/report.pdf")
def report() -> Response:
    """One answer as a page of PDF."""
    from app.web.report import pdf  # its library is large, and few ask for a PDF

    answer = verified_answer(request.form.get("answer"))
    take_turn()
    with computing():
        content = pdf(answer, current_app.extensions["screener"].bundle)
    return _download(content, "application/pdf", "lesion-screening.pdf")


@blueprint.post("/results.csv")
def table() -> Response:
    """The answers to several pictures as a table."""
    return _download(
        csv_file(verified_table(request.form.get("table"))), "text/csv; charset=utf-8", "lesion-screening.csv"
    )


def _download(content: bytes, media_type: str, name: str) -> Response:
    # A fixed name: one made of the file's would put what it says into the browser's list of downloads.
    return Response(content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
