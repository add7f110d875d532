"""Routes of screening: the form and the results that answer it. Nothing is kept between the two."""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, make_response
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from markupsafe import Markup

from app.access.guard import shut
from app.ops.errors import Refusal
from app.ops.requests import Upload, limit_of, read_uploads
from app.web.carried import sign_table
from app.web.login import login_page
from app.web.page import render
from app.web.results import Result, screened
from app.web.samples import sample_upload
from app.web.table import rows
from app.web.words import PREVALENCES

blueprint = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")

ACCEPTED = "image/jpeg,image/png,image/webp,image/tiff,image/bmp,.jpg,.jpeg,.png,.webp,.tif,.tiff,.bmp"
"""For the browser's file dialogue; the server looks at the bytes and not at these."""

EXTRA_ACCEPTED = {"heic": ",image/heic,image/heif,.heic,.heif", "dicom": ",application/dicom,.dcm"}


@blueprint.get("/")
def start() -> ResponseReturnValue:
    """The form."""
    return start_page()


@blueprint.post("/result")
def result() -> ResponseReturnValue:
    """Screens the form's photos and shows the answers."""
    return result_page(screened(read_uploads()))


@blueprint.post("/sample")
def sample() -> ResponseReturnValue:
    """Screens a lesion that our own code draws, for those who have no photo at hand."""
    return result_page(screened([Upload("", sample_upload())], synthetic=True))


@blueprint.get("/result")
@blueprint.get("/sample")
def no_result() -> ResponseReturnValue:
    """A result exists only as the answer to a photo; who comes back for it starts again, and is told so."""
    return start_page(lost=True)


def error_page(refusal: Refusal) -> Response:
    """An error, told on the page from which the user can try again: who is not logged in can do so there."""
    return login_page(refusal) if shut() else start_page([("", refusal)])


def start_page(refusals: Sequence[tuple[str, Refusal]] = (), *, lost: bool = False) -> Response:
    """The form, below what was wrong with the last request where there is something.

    Args:
        refusals: (name of the picture, or "", why it was refused).
        lost: whether the reader comes back for a result that is gone.
    """
    limits = current_app.extensions["screener"].limits
    batch = limit_of(current_app, "web.result")
    page = render(
        "start.html",
        refusals=refusals,
        lost=lost,
        accepted=ACCEPTED + "".join(EXTRA_ACCEPTED[name] for name in sorted(limits.extra_formats)),
        max_bytes=limits.max_bytes,
        max_pictures=batch.pictures,
        max_batch_bytes=batch.picture_bytes,
        min_side=limits.min_side,
    )
    return make_response(page, refusals[0][1].status if refusals else 200)


def result_page(results: list[Result]) -> Response:
    """The answers, the most urgent first. The form again, with the reasons, where no picture got one."""
    refusals = [(entry.name, entry.refusal) for entry in results if entry.refusal]
    if len(refusals) == len(results):
        return start_page(refusals)
    point = current_app.extensions["screener"].bundle.operating_point
    page = render(
        "results.html" if len(results) > 1 else "result.html",
        results=sorted(results, key=lambda entry: -entry.risk),
        table=sign_table(rows(results)) if len(results) > 1 else "",
        point=point,
        measured_on=Markup('<span lang="en">{}</span>').format(point.measured_on) if point else "",
        prevalences=PREVALENCES,
        made_at=format_datetime(datetime.now(UTC), "yyyy-MM-dd HH:mm:ss"),
    )
    return make_response(page)
