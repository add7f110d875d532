"""Routes of screening: the form and the results that answer it. Nothing is kept between the two."""

from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime

from app.ops.errors import Refusal
from app.ops.requests import Upload, limit_of, read_uploads
from app.web.carried import sign
from app.web.page import render
from app.web.report import PREVALENCES
from app.web.results import Result, screened
from app.web.samples import sample_upload
from app.web.table import rows

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
    """A result exists only as the answer to a photo; who comes back for it starts again."""
    return redirect(url_for("web.start"))


def start_page(refusal: Refusal | None = None) -> Response:
    """The form, below what was wrong with the last request where there is something."""
    limits = current_app.extensions["screener"].limits
    batch = limit_of(current_app, "web.result")
    page = render(
        "start.html",
        refusal=refusal,
        accepted=ACCEPTED + "".join(EXTRA_ACCEPTED[name] for name in sorted(limits.extra_formats)),
        max_bytes=limits.max_bytes,
        max_pictures=batch.pictures,
        max_batch_bytes=batch.picture_bytes,
        min_side=limits.min_side,
    )
    return make_response(page, refusal.status if refusal else 200)


def result_page(results: list[Result]) -> Response:
    """The answers, the most urgent first. An error's status where no picture got one."""
    answered = [entry for entry in results if entry.screening]
    status = 200 if answered else results[0].refusal.status if results[0].refusal else 500
    page = render(
        "results.html" if len(results) > 1 else "result.html",
        results=sorted(results, key=lambda entry: -entry.risk),
        table=sign(rows(results)) if len(results) > 1 else "",
        point=current_app.extensions["screener"].bundle.operating_point,
        prevalences=PREVALENCES,
        made_at=format_datetime(datetime.now(UTC), "yyyy-MM-dd HH:mm:ss"),
    )
    return make_response(page, status)
