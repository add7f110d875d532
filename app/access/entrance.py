"""Sets the login up."""

from collections.abc import Callable

from flask import Flask

from app.access import accounts, guard, sessions
from app.access.attempts import Attempts
from app.access.options import Access
from app.access.stores import register_of_ended, store_of


def register(app: Flask, access: Access, rate_store: str, key_holder: Callable[[], str | None]) -> None:
    """Closes every route but a few to those who are not logged in. Without a login nothing is closed.

    Args:
        app: the application.
        access: the settings.
        rate_store: where failed attempts and ended sessions are remembered, as LESION_RATE_STORE has it.
        key_holder: whose API key a request has; None where it has none that is known.
    """
    app.cli.add_command(accounts.commands)
    app.extensions[guard.EXTENSION] = access
    if not access.login:
        return
    store = store_of(rate_store)
    app.extensions[sessions.EXTENSION] = sessions.Sessions(access, register_of_ended(rate_store, store, access.seconds))
    app.extensions[accounts.EXTENSION] = Attempts(store)
    if access.provider:
        from app.access import oidc  # needs a package of its own

        oidc.register(app, access.provider)
    guard.register(app, key_holder)
