"""The clinic's account: whether a name and a password are the right ones, and the command that makes an account."""

import hmac

import click
from flask import current_app
from flask.cli import AppGroup
from flask_limiter.util import get_remote_address
from werkzeug.security import check_password_hash, generate_password_hash

from app.access.attempts import Attempts
from app.access.faults import WrongLogin
from app.access.options import Account, account, entry
from app.ops.turns import take_turn

EXTENSION = "login_attempts"
METHOD = "scrypt:32768:8:3"
"""N, r, p as OWASP's Password Storage Cheat Sheet has them for 32 MB of memory."""

LEAST = 12
"""Characters of a password."""

MOST = 1024

commands = AppGroup("login", help="The clinic's account.")


def log_in(wanted: Account, name: str, password: str) -> None:
    """Returns where both are right.

    Raises:
        TooManyAttempts: of this address or for this name; also where they would be right.
        WrongLogin: one or both are wrong. It does not say which, and takes as long for either.
        Busy: too many requests wait already. A check needs 32 MB and a core, as a picture does, and so takes its turn.
    """
    attempts = _attempts()
    address = get_remote_address()
    take_turn()  # first: who finds the server busy has not tried
    attempts.begin(name, address)
    if not right(wanted, name, password):
        attempts.failed(name)
        raise WrongLogin
    attempts.succeeded(name, address)


def right(wanted: Account, name: str, password: str) -> bool:
    """Whether both are right. The password is hashed whatever the name is, so that the time does not tell names."""
    same_password = check_password_hash(wanted.hashed, password[:MOST])
    same_name = hmac.compare_digest(name.encode("utf-8", "surrogatepass"), wanted.name.encode())
    return same_password and same_name


def _attempts() -> Attempts:
    found: Attempts = current_app.extensions[EXTENSION]
    return found


@commands.command("new")
@click.argument("name")
@click.option("--password", help="Asked for where it is not given, which is better: commands are kept and seen.")
def new(name: str, password: str | None) -> None:
    """Makes the account NAME, and prints its setting."""
    if password is None:  # asked beside the output, which may go straight into a file of settings
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if not LEAST <= len(password) <= MOST:
        raise click.BadParameter(f"a password has {LEAST} to {MOST} characters; several words are easy to remember")
    line = entry(Account(name, generate_password_hash(password, METHOD)))
    try:
        account(line)
    except ValueError as error:
        raise click.BadParameter("a name has up to 64 letters, digits, '.', '@', '-' or '_'") from error
    click.echo(f"LESION_LOGIN={line}")
