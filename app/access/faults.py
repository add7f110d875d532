"""What can be wrong with a login."""

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadGateway, Forbidden, ServiceUnavailable, TooManyRequests, Unauthorized

CHALLENGE = WWWAuthenticate("cookie", {"realm": "Lesion Screening", "form-action": "/login"})


class LoginNeeded(Unauthorized):
    """The request comes from nobody who is logged in, or the login has ended."""

    def __init__(self) -> None:
        super().__init__(www_authenticate=CHALLENGE)


class WrongLogin(Unauthorized):
    """The name, the password, or both are wrong."""

    def __init__(self) -> None:
        super().__init__(www_authenticate=CHALLENGE)


class TooManyAttempts(TooManyRequests):
    """Too many failed logins. `retry_after` says in how many seconds to come back."""


class PlainLogin(Forbidden):
    """A login without TLS, from another machine."""


class LoginRefused(Forbidden):
    """The provider did not vouch for this person, or this server does not let them in."""


class ProviderGone(BadGateway):
    """The provider did not answer, or with something else than it should."""


class LoginStoreGone(ServiceUnavailable):
    """The store that remembers failed attempts and ended sessions cannot be reached."""
