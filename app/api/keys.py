"""API keys: who holds one of the configured ones may use the API. Where none is configured, everybody may whom
app/access/ lets in.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

import click
from flask import current_app, g, request
from flask.cli import AppGroup

from app.ops.faults import WrongKey
from app.settings import ApiKey, api_keys

EXTENSION = "api_keys"
PREFIX = "lesion_"
"""So that those who look for secrets in code and logs find them."""

commands = AppGroup("keys", help="Keys of the API.")


def check() -> None:
    """Lets a request pass whose key is known, and remembers whose it is in `g.client`.

    Raises:
        WrongKey: there are keys, and the request has none of them.
    """
    keys: tuple[ApiKey, ...] = current_app.extensions[EXTENSION]
    # A browser asks without the key whether it may send it. Whoever is logged in needs none.
    if not keys or request.method == "OPTIONS" or "member" in g:
        return
    found = holder()
    if found is None:
        raise WrongKey
    g.client = found


def holder() -> str | None:
    """Whose key the request has; None where it has none that is known."""
    sent = request.authorization
    return owner(sent.token or "", current_app.extensions[EXTENSION]) if sent and sent.type == "bearer" else None


def owner(key: str, keys: Iterable[ApiKey]) -> str | None:
    """Whose key it is. Every digest is compared, each in constant time, so that the time tells nothing."""
    digest, found = digest_of(key), None
    for entry in keys:
        if hmac.compare_digest(digest, entry.digest):
            found = entry.name
    return found


def digest_of(key: str) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


@commands.command("new")
@click.argument("name")
def new(name: str) -> None:
    """Draws a key for NAME, and shows it this once."""
    key = PREFIX + secrets.token_urlsafe(32)
    entry = f"{name}:{digest_of(key)}"
    try:
        api_keys(entry)
    except ValueError as error:
        raise click.BadParameter("a name has up to 64 letters, digits, '.', '-' or '_'") from error
    click.echo(f"The key, shown only now:         {key}")
    click.echo(f"An entry for LESION_API_KEYS:    {entry}")
