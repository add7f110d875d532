"""Pages: the start page with its form, and the result that answers it. Nothing is kept between the two."""

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from app.ops.requests import read_upload
from app.web.pages import result_page, start_page

blueprint = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")


@blueprint.get("/")
def start() -> ResponseReturnValue:
    """The form."""
    return start_page()


@blueprint.post("/result")
def result() -> ResponseReturnValue:
    """Screens the form's photo and shows the answer."""
    return result_page(current_app.extensions["screener"].screen(read_upload()))


@blueprint.get("/result")
def no_result() -> ResponseReturnValue:
    """A result exists only as the answer to a photo; who comes back for it starts again."""
    return redirect(url_for("web.start"))
