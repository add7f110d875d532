"""Faults of a request that are found before its pictures are looked at."""

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, Forbidden, Unauthorized, UnsupportedMediaType


class WrongKey(Unauthorized):
    """This server asks for an API key, and the request has none or one that is not known."""

    def __init__(self) -> None:
        super().__init__(www_authenticate=WWWAuthenticate("bearer", {"realm": "Lesion Screening"}))


class ForeignPage(Forbidden):
    """A page of another site made the browser send this."""


class WrongHost(BadRequest):
    """The request calls this server by a name that LESION_HOSTS does not have."""


class UnacceptedBody(UnsupportedMediaType):
    """The body is neither a form nor a picture, by its own Content-Type."""


class WrongParameter(BadRequest):
    """A parameter has a value that it cannot have; `values` says which and what it may be."""

    def __init__(self, name: str, allowed: str) -> None:
        super().__init__()
        self.values = {"name": name, "allowed": allowed}
