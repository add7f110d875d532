"""The login's session: a signed cookie that ends by itself, and at once where somebody logs out."""

import secrets
import time
from dataclasses import dataclass

from flask import current_app, session

from app.access.options import Access
from app.access.stores import Ended

EXTENSION = "login_sessions"
REFRESH_SECONDS = 30.0
"""How old the time of the last use in a cookie may be before it is written anew."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Attributes:
    access: the settings.
    ended: which sessions were ended before their time.
    """

    access: Access
    ended: Ended


def begin(member: str) -> None:
    """Logs in. Nothing of the session before is taken over, its form's token neither."""
    now = time.time()
    session.clear()
    session.update(member=member, id=secrets.token_urlsafe(16), since=now, seen=now, mark=_sessions().access.mark)


def current() -> str | None:
    """Who is logged in; None where nobody is, or no more. Counts as a use.

    Raises:
        LoginStoreGone: nobody can say whether it was ended.
    """
    if "member" not in session:
        return None
    found, now = _sessions(), time.time()
    if (
        session["mark"] != found.access.mark
        or not 0 <= now - session["since"] + 60 <= found.access.seconds + 60
        or now - session["seen"] > found.access.idle_seconds
        or found.ended.has(session["id"], session["since"])
    ):
        session.clear()
        return None
    if now - session["seen"] > REFRESH_SECONDS:
        session["seen"] = now
    member: str = session["member"]
    return member


def remember(name: str, value: str) -> None:
    """Keeps something until the login is done."""
    session[name] = value


def recall(name: str, default: str) -> str:
    """What `remember` was given."""
    return str(session.get(name, default))


def end() -> None:
    """Logs out: a copy of the cookie is worth nothing any more."""
    if "member" in session:
        _sessions().ended.add(session["id"])
    session.clear()


def _sessions() -> Sessions:
    found: Sessions = current_app.extensions[EXTENSION]
    return found
