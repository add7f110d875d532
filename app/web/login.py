"""Pages of the login: the form, the way to the provider and back, and the end of it."""

from flask import Blueprint, Flask, Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from app.access import accounts, guard, sessions
from app.access.faults import PlainLogin
from app.access.options import Access, Provider
from app.ops.errors import Refusal
from app.web.information import PAGES
from app.web.page import render

blueprint = Blueprint("login", __name__)
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
BACK = "login_back"
"""In the session, while the provider asks."""


def register(app: Flask, access: Access) -> None:
    """Adds the pages where there is a login, and tells every template who is logged in."""
    if access.login:
        app.register_blueprint(blueprint)
    app.context_processor(lambda: {"member": g.get("member"), "shut": guard.shut()})


@blueprint.get("/login")
def page() -> ResponseReturnValue:
    """The form."""
    return redirect(_back()) if "member" in g else login_page()


@blueprint.post("/login")
def send() -> ResponseReturnValue:
    """Logs in with the clinic's account."""
    account = guard.access().account
    if account is None:
        raise NotFound
    _refuse_plain()
    accounts.log_in(account, request.form.get("name", ""), request.form.get("password", ""))
    back = _back()
    sessions.begin(account.name)
    return redirect(back, 303)


@blueprint.get("/login/provider")
def ask_provider() -> ResponseReturnValue:
    """Goes to the provider."""
    from app.access import oidc

    provider = _provider()
    _refuse_plain()
    answer = oidc.ask(provider, url_for("login.back_from_provider", _external=True))
    sessions.remember(BACK, _back())
    return answer


@blueprint.get("/login/back")
def back_from_provider() -> ResponseReturnValue:
    """Logs in whom the provider sends back."""
    from app.access import oidc

    member, back = oidc.member(_provider()), sessions.recall(BACK, url_for("web.start"))
    sessions.begin(member)
    return redirect(back)


@blueprint.post("/logout")
def leave() -> ResponseReturnValue:
    """Logs out. What the browser has kept of the pages goes too."""
    sessions.end()
    answer = redirect(url_for("login.page"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def login_page(refusal: Refusal | None = None) -> Response:
    """The form, below what was wrong where there is something."""
    text = render("login.html", refusal=refusal, access=guard.access(), back=_back())
    return make_response(text, refusal.status if refusal else 200)


def _provider() -> Provider:
    provider = guard.access().provider
    if provider is None:
        raise NotFound
    return provider


def _back() -> str:
    """The page that was asked for. None of another site, whatever the address says."""
    wanted = request.args.get("back", "")
    return wanted if wanted in (*PAGES, "/api/docs") else url_for("web.start")


def _refuse_plain() -> None:
    """Nobody on the line shall read a password or a session; on this machine there is no line."""
    names = {request.host, request.host.rpartition(":")[0]}
    if not request.is_secure and not names & THIS_MACHINE:
        raise PlainLogin
