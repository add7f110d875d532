"""Settings of who may come in, and which servers do not start."""

import importlib.util
import os
import subprocess
import sys
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from app.access.accounts import right
from app.access.options import FRONT_ASKS, OPEN_TO_ALL, Account, entry
from app.config import REPOSITORY, Config, SettingRejected
from tests.helpers.logins import ACCOUNT, PASSWORD

OIDC = {
    "LESION_OIDC_ISSUER": "https://login.clinic.example/realm/",
    "LESION_OIDC_CLIENT_ID": "screening",
    "LESION_OIDC_CLIENT_SECRET": "s" * 20,
    "LESION_OIDC_ALLOW": "domain:Clinic.Example, group:dermatology",
}


def read(**environment: str) -> Config:
    return Config.from_environment(environment)


def test_by_default_there_is_no_login() -> None:
    access = read().access
    assert (access.login, access.account, access.provider, access.public) == (False, None, None, "")
    assert (access.idle_seconds, access.seconds) == (1800, 43_200)


def test_an_account_and_a_provider_are_read() -> None:
    access = read(LESION_LOGIN=entry(ACCOUNT), **OIDC, LESION_LOGIN_IDLE_MINUTES="5", LESION_LOGIN_HOURS="2").access
    assert access.account == ACCOUNT
    assert (access.idle_seconds, access.seconds) == (300, 7200)
    provider = access.provider
    assert provider
    assert provider.issuer == "https://login.clinic.example/realm"
    assert (provider.everyone, provider.domains, provider.groups) == (False, {"clinic.example"}, {"dermatology"})
    assert provider.scope == "openid email profile"
    assert provider.client_secret not in repr(access)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LESION_LOGIN", "clinic", "needs the line that `flask --app wsgi login new NAME` prints"),
        ("LESION_LOGIN", "clinic:my password", "needs the line"),
        ("LESION_LOGIN", f"clinic:{'ab' * 32}", "needs the line"),
        ("LESION_LOGIN_HOURS", "0", "from 1 to 168"),
        ("LESION_LOGIN_IDLE_MINUTES", "0", "from 1 to 1440"),
        ("LESION_PUBLIC", "yes", f"takes the words '{OPEN_TO_ALL}' or '{FRONT_ASKS}'"),
        ("LESION_OIDC_ISSUER", "login.clinic.example", "needs the provider's address"),
        ("LESION_OIDC_ISSUER", "http://login.clinic.example", "needs the provider's address"),
        ("LESION_OIDC_ALLOW", "clinic.example", "needs 'domain:clinic.example'"),
        ("LESION_OIDC_ALLOW", "everyone,group:a", "needs 'domain:clinic.example'"),
        ("LESION_HOSTS", "https://screening.example", "needs names"),
        ("LESION_HOSTS", "screening.example:8000", "needs names"),
        ("LESION_HSTS_SECONDS", "-1", "from 0 to"),
        ("LESION_METRICS_TOKEN", "short", "at least 32 characters"),
        ("LESION_BUNDLE_SHA256", "202f", "needs 64 hex digits"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingRejected) as refusal:
        read(**{name: value})
    assert str(refusal.value).startswith(f"{name} ")
    assert said in str(refusal.value)
    assert "my password" not in str(refusal.value), "it must not reach a log"


@pytest.mark.parametrize("missing", ["LESION_OIDC_CLIENT_ID", "LESION_OIDC_CLIENT_SECRET", "LESION_OIDC_ALLOW"])
def test_a_provider_without_rules_lets_nobody_in_and_is_refused(missing: str) -> None:
    with pytest.raises(SettingRejected, match=r"LESION_OIDC_ISSUER needs LESION_OIDC_CLIENT_ID, .* beside it"):
        read(**{name: value for name, value in OIDC.items() if name != missing})
    with pytest.raises(SettingRejected, match="LESION_OIDC_SCOPE must name 'openid'"):
        read(**OIDC, LESION_OIDC_SCOPE="email")


def test_a_missing_package_is_named_by_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    with pytest.raises(SettingRejected, match=r"`pip install -r requirements-oidc\.txt`"):
        read(**OIDC)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost", "127.8.9.1", "/run/lesion.sock"])
def test_who_listens_on_this_machine_alone_starts_without_more(host: str) -> None:
    read().refuse_open_door([host])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "screening.example.org", ""])  # noqa: S104
def test_who_listens_to_others_says_who_may_come_in(host: str) -> None:
    with pytest.raises(SettingRejected, match="LESION_PUBLIC='anyone may use this server'"):
        read().refuse_open_door(["127.0.0.1", host])
    for setting in (
        {"LESION_LOGIN": entry(ACCOUNT)},
        OIDC,
        {"LESION_API_KEYS": f"lab:{'ab' * 32}"},
        {"LESION_PUBLIC": OPEN_TO_ALL},
        {"LESION_PUBLIC": FRONT_ASKS},
    ):
        read(**setting).refuse_open_door([host])


def test_a_front_before_this_machine_lets_others_in_too() -> None:
    with pytest.raises(SettingRejected, match="LESION_PROXIES says that a front stands before it"):
        read(LESION_PROXIES="1").refuse_open_door(["127.0.0.1"])


@pytest.mark.parametrize("command", [["app.check"], ["gunicorn", "--bind", "0.0.0.0:0", "wsgi:app"]])
def test_the_server_itself_refuses_in_one_sentence(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LESION_")}
    result = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=REPOSITORY,
        env=environment | {"HOST": "0.0.0.0" if command == ["app.check"] else "127.0.0.1"},  # noqa: S104
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert result.returncode == 1
    said = [line for line in result.stderr.splitlines() if line.startswith("Lesion Screening")]
    assert said == [line for line in said if "it listens on 0.0.0.0" in line]
    assert len(said) == 1
    assert "Traceback" not in result.stderr


def made(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["login", "new", *arguments])


def test_a_new_account_is_printed_as_a_setting_that_lets_it_in(app: Flask) -> None:
    shown = made(app, "clinic-2", "--password", PASSWORD)
    name, _, value = shown.output.strip().partition("=")
    assert name == "LESION_LOGIN"
    assert "$" not in value, "shells and compose files take it for a variable"
    account = read(LESION_LOGIN=value).access.account
    assert account
    assert account.hashed.startswith("scrypt:32768:8:3$")
    assert right(account, "clinic-2", PASSWORD)
    assert not right(account, "clinic-2", PASSWORD + " ")
    assert not right(account, "clinic", PASSWORD)


@pytest.mark.parametrize("arguments", [("clinic", "--password", "short"), ("a,b", "--password", PASSWORD)])
def test_a_short_password_and_an_odd_name_are_refused(app: Flask, arguments: tuple[str, ...]) -> None:
    assert made(app, *arguments).exit_code == 2


def test_another_password_ends_sessions_from_before() -> None:
    first = read(LESION_LOGIN=entry(ACCOUNT)).access
    second = read(LESION_LOGIN=entry(Account(ACCOUNT.name, ACCOUNT.hashed[:-4] + "0000"))).access
    assert first.mark == read(LESION_LOGIN=entry(ACCOUNT)).access.mark
    assert first.mark != second.mark
