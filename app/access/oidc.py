"""Login at an OpenID Connect provider: authorisation code with PKCE, state and nonce; Authlib does the protocol."""

from collections.abc import Mapping
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, current_app, session
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from app.access.faults import LoginRefused, ProviderGone
from app.access.options import Provider

EXTENSION = "oidc"
TIMEOUT = 5.0
"""Seconds that the provider has for each answer."""


def register(app: Flask, provider: Provider) -> None:
    """Sets up the client. The provider is asked for its description when somebody logs in first, not at the start."""
    app.extensions[EXTENSION] = OAuth(app).register(
        "provider",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": provider.scope,
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT,
        },
    )


def ask(provider: Provider, back: str) -> ResponseReturnValue:
    """Sends the browser to the provider, which sends it on to the address `back`.

    Raises:
        ProviderGone: it does not answer, or calls itself otherwise.
    """
    for name in [name for name in session if name.startswith("_state_")]:  # of attempts that came to nothing
        session.pop(name)
    client = _client(provider)
    answer: ResponseReturnValue = client.authorize_redirect(back)
    return answer


def member(provider: Provider) -> str:
    """Who came back from the provider.

    Raises:
        LoginRefused: the answer is not one to this browser's question, its token is not the provider's or not for this
            server, or this person is not let in.
        ProviderGone: it does not answer.
    """
    client = _client(provider)
    options = {
        "iss": {"essential": True, "values": [client.server_metadata["issuer"]]},
        "aud": {"essential": True, "value": provider.client_id},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }
    try:
        claims = client.authorize_access_token(claims_options=options, leeway=60).get("userinfo")
    except requests.RequestException as error:
        raise ProviderGone from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
        raise LoginRefused from error
    if not claims or not may_enter(provider, claims):
        raise LoginRefused
    return str(claims.get("email") or claims.get("name") or claims["sub"])


def may_enter(provider: Provider, claims: Mapping[str, Any]) -> bool:
    """Whether the rules let this person in. A domain counts only where the provider says that it verified the mail."""
    groups = claims.get("groups") or ()
    member_of = {groups} if isinstance(groups, str) else {group for group in groups if isinstance(group, str)}
    domain = str(claims.get("email", "")).rpartition("@")[2].lower()
    verified = claims.get("email_verified") is True and domain in provider.domains
    return provider.everyone or verified or bool(member_of & provider.groups)


def _client(provider: Provider) -> Any:
    """Authlib's client, which knows the provider's description.

    Raises:
        ProviderGone: the provider does not answer, or calls itself otherwise than the setting does.
    """
    client = current_app.extensions[EXTENSION]
    try:
        issuer = client.load_server_metadata().get("issuer", "")
    except (requests.RequestException, ValueError, AttributeError) as error:
        raise ProviderGone from error
    if issuer.rstrip("/") != provider.issuer:
        raise ProviderGone
    return client
