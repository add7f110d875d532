"""Pages to read: how it works, the model card, limits and privacy, help; and the switch of language."""

import itertools
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from werkzeug.exceptions import NotFound

from app.ops.pictures import jpeg_uri
from app.ops.requests import limit_of
from app.ops.stalls import computing
from app.ops.turns import take_turn
from app.screening.preprocess import preprocess_stages
from app.screening.saliency import shown
from app.web.languages import COOKIE, LANGUAGES
from app.web.page import render
from app.web.pictures import STAGE_SIDE
from app.web.samples import sample_picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

blueprint = Blueprint("information", __name__)

COOKIE_SECONDS = 365 * 24 * 3600
PAGES = ("/", "/how-it-works", "/model-card", "/limits-and-privacy", "/help")
"""Where a switch of language may lead back to."""


@blueprint.get("/how-it-works")
def how() -> str:
    """The way from photo to answer, on a drawn lesion."""
    bundle = current_app.extensions["screener"].bundle
    take_turn()
    with computing():
        history = preprocess_stages(sample_picture(), bundle.preprocess)[1:]
    return render(
        "how.html", example_stages=[(name, jpeg_uri(shown(picture), STAGE_SIDE)) for name, picture in history]
    )


@blueprint.get("/model-card")
def card() -> str:
    """The bundle's MODEL_CARD.md."""
    from markdown_it import MarkdownIt  # nothing else needs it, and few read the card

    text = current_app.extensions["screener"].bundle.card
    # Without raw HTML: what a page shows never depends on what a bundle's author wrote between angle brackets.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("image", _described)
    html = parser.render(text)
    return render("card.html", card=Markup(_scrolling(html)))  # noqa: S704  # escaped by the renderer


@blueprint.get("/limits-and-privacy")
def limits() -> str:
    """What it cannot do, and what becomes of a photo."""
    bundle = current_app.extensions["screener"].bundle
    measured = bundle.manifest["metrics"]
    return render(
        "limits.html", point=bundle.operating_point, gate=measured.get("gate"), external=measured.get("external")
    )


@blueprint.get("/help")
def guide() -> str:
    """What a usable picture is, and what to do when there is no answer."""
    batch, limits = limit_of(current_app, "web.result"), current_app.extensions["screener"].limits
    return render(
        "help.html",
        min_side=limits.min_side,
        max_bytes=limits.max_bytes,
        max_pictures=batch.pictures,
        max_batch_bytes=batch.picture_bytes,
    )


@blueprint.get("/language/<code>")
def language(code: str) -> ResponseReturnValue:
    """Remembers a language and goes back to the page that `back` names."""
    if code not in LANGUAGES:
        raise NotFound
    back = urlsplit(request.args.get("back", "/")).path
    response = redirect(back if back in (*PAGES, "/login") else url_for("web.start"))
    response.set_cookie(
        COOKIE, code, max_age=COOKIE_SECONDS, samesite="Strict", httponly=True, secure=request.is_secure
    )
    return response


def _described(_renderer: object, tokens: "Sequence[Token]", index: int, _options: object, _env: object) -> str:
    """A figure's description: figures lie in the source code's docs/, which a server does not have."""
    return f"<em>{escape(tokens[index].content)} (figure in the source code's documents)</em>"


def _scrolling(html: str) -> str:
    """Wide tables scroll by themselves, and with the keyboard."""
    numbers = itertools.count(1)
    region = '<div class="scrolling" tabindex="0" role="region" aria-label="Table {}"><table>'
    opened = re.sub("<table>", lambda _: region.format(next(numbers)), html)
    return opened.replace("</table>", "</table></div>")
