"""Every failure becomes one Refusal with one status; the API shows it as problem+json, the pages as a page.

Nothing that fails is ever answered with a class.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge, TooManyRequests

from app.access.faults import (
    LoginNeeded,
    LoginRefused,
    LoginStoreGone,
    PlainLogin,
    ProviderGone,
    TooManyAttempts,
    WrongLogin,
)
from app.ops import metrics
from app.ops.faults import ForeignPage, UnacceptedBody, WrongHost, WrongKey, WrongParameter
from app.ops.requests import ExpiredResult, MissingUpload, SeveralUploads, TooManyUploads, drain_body, limit_of
from app.ops.turns import Busy
from app.screening.errors import (
    EmptyUpload,
    ImageTooLarge,
    ImageTooLong,
    ImageTooSmall,
    RefusedUpload,
    UnacceptedFormat,
    UndecodableImage,
    UploadTooLarge,
)
from app.screening.words import N_

STATUS: dict[type[RefusedUpload], HTTPStatus] = {
    EmptyUpload: HTTPStatus.UNPROCESSABLE_ENTITY,
    UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnacceptedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    UndecodableImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    ImageTooSmall: HTTPStatus.UNPROCESSABLE_ENTITY,
    ImageTooLarge: HTTPStatus.UNPROCESSABLE_ENTITY,
    ImageTooLong: HTTPStatus.UNPROCESSABLE_ENTITY,
}

UNREAD = frozenset({401, 403, 413, 415, 429, 503})
"""Statuses of requests that are refused while their body may still be on its way."""

REQUEST_FAULTS: dict[type[Exception], tuple[int, str, str, str]] = {
    MissingUpload: (
        400, "missing_file", N_("No picture was sent"), N_("Choose a picture first (form field 'image')."),
    ),
    SeveralUploads: (400, "several_files", N_("Several pictures were sent"), N_("Send one picture at a time.")),
    ClientDisconnected: (
        408, "not_received", N_("The picture did not arrive whole"), N_("Check the connection and send it again."),
    ),
    CSRFError: (
        400, "expired_form", N_("This page has expired"), N_("Choose the picture again and send it once more."),
    ),
    ExpiredResult: (
        400, "expired_result", N_("This result can no longer be turned into a file"),
        N_("The server was started anew since it was made. Screen the picture again."),
    ),
    Busy: (
        503, "busy", N_("Too many pictures are waiting"),
        N_("No result was made, because others came first. Wait a moment and send it again."),
    ),
    WrongKey: (
        401, "wrong_key", N_("This server asks for an API key"),
        N_("Send a key of this server in the header 'Authorization: Bearer ...'; whoever runs it hands them out."),
    ),
    ForeignPage: (
        403, "foreign_page", N_("A page of another site sent this"),
        N_("Open this server's own page and send it from there."),
    ),
    WrongHost: (
        400, "wrong_host", N_("This server is not called by that name"),
        N_("Use the address that you were given; whoever runs this server sets its names in LESION_HOSTS."),
    ),
    LoginNeeded: (
        401, "login_needed", N_("You are not logged in, or no longer"),
        N_("Log in and send it again. In another window, what you have chosen here stays."),
    ),
    WrongLogin: (
        401, "wrong_login", N_("The name or the password is wrong"), N_("Check both and try again."),
    ),
    TooManyAttempts: (
        429, "too_many_attempts", N_("These are too many attempts to log in"),
        N_("Wait some minutes. Whoever runs this server can set a new password."),
    ),
    PlainLogin: (
        403, "plain_login", N_("This line can be listened to"),
        N_("Log in over https; whoever runs this server has to set it up."),
    ),
    LoginRefused: (
        403, "login_refused", N_("You were not let in"),
        N_("Try again. If it fails again, ask whoever runs this server whether your account may use it."),
    ),
    ProviderGone: (
        502, "provider_gone", N_("The login service does not answer"), N_("Wait a moment and try again."),
    ),
    LoginStoreGone: (
        503, "login_unavailable", N_("Logins cannot be checked now"),
        N_("Wait a moment and try again; whoever runs this server has to look after its Redis."),
    ),
    UnacceptedBody: (
        415, "unaccepted_body", N_("The request holds no picture"),
        N_("Send a multipart form with the picture in the field 'image', or the picture alone as image/jpeg."),
    ),
    TooManyRequests: (
        429, "too_many_requests", N_("These are too many pictures in a short time"),
        N_("Wait a moment and send it again; in the answer, Retry-After says how many seconds."),
    ),
}  # fmt: skip
"""Status, reason, title and advice of what is wrong with the request and not with the picture."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Attributes:
    status: of the answer.
    reason: a stable word for clients, logs and metrics.
    title: what is wrong, in a few words.
    text: what to do about it, a sentence with %(name)s where a value belongs; apart, so that it can be translated.
    request_id: to find the request in the log.
    values: for the text.
    """

    status: int
    reason: str
    title: str
    text: str
    request_id: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def advice(self) -> str:
        """The text with its values, in English."""
        return self.text % self.values


def register(app: Flask) -> None:
    """Handles every exception that leaves a route, and every status that Flask itself raises."""
    # Not on top: both render Refusals, and so import this module.
    from app.api.problems import problem
    from app.web.screening import error_page

    def _page(refusal: Refusal) -> Response:
        try:
            return error_page(refusal)
        except Exception as error:  # noqa: BLE001  # the page itself is what fails
            _log_failure(error)
            # In English: whatever the page is made with is not to be trusted now.
            text = f"{refusal.title}. {refusal.advice} ({refusal.request_id})\n"
            return Response(text, refusal.status, content_type="text/plain; charset=utf-8")

    @app.errorhandler(Exception)
    def answer(error: Exception) -> Response:
        refusal = refusal_of(error)
        if refusal.status in UNREAD or isinstance(error, WrongHost):
            drain_body()
        response = problem(refusal) if request.path.startswith("/api/") else _page(refusal)
        if isinstance(error, HTTPException):  # Allow, Retry-After, WWW-Authenticate
            response.headers.update([entry for entry in error.get_headers() if entry[0] != "Content-Type"])
        return response


def refusal_of(error: Exception) -> Refusal:
    """What to answer to `error`; logs it where it is ours and not the user's."""
    status, reason, title, text, values = _describe(error)
    request_id, g.reason = g.request_id, reason
    metrics.REFUSALS.labels(reason).inc()
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log_failure(error)
    return Refusal(int(status), reason, title, text, request_id, values)


def _log_failure(error: Exception) -> None:
    current_app.logger.error("failed", extra={"facts": {"request_id": g.request_id}}, exc_info=error)


def _describe(error: Exception) -> tuple[int, str, str, str, Mapping[str, Any]]:
    for kind, description in REQUEST_FAULTS.items():
        if isinstance(error, kind):
            return *description, {}
    match error:
        case RefusedUpload():
            return STATUS[type(error)], error.reason, error.title, error.text, error.values
        case TooManyUploads():
            text = N_("Send at most %(most)s pictures at a time; these are %(found)s.")
            return 400, "too_many_files", N_("These are too many pictures"), text, error.values
        case WrongParameter():
            text = N_("'%(name)s' takes %(allowed)s.")
            return 400, "wrong_parameter", N_("A parameter has a wrong value"), text, error.values
        case RequestEntityTooLarge():
            return _too_large()
        case HTTPException() if error.code == 404:
            return 404, "not_found", N_("There is nothing here"), N_("Start from the first page."), {}
        case HTTPException() if error.code == 405:
            methods = ", ".join(getattr(error, "valid_methods", None) or ())
            title = N_("This address does not take that method")
            return 405, "method_not_allowed", title, N_("Use %(methods)s."), {"methods": methods}
        case HTTPException() if error.code and error.code < 500:
            text = N_("Check the request: it needs a multipart form with the picture as a file.")
            return error.code, "bad_request", error.name, text, {}
    text = N_("No result was made. Try again; if it fails again, give the request id to whoever runs this server.")
    return 500, "internal_error", N_("The server failed"), text, {}


def _too_large() -> tuple[int, str, str, str, Mapping[str, Any]]:
    limit = limit_of(current_app, request.endpoint)
    if request.content_length and request.content_length <= limit.request_bytes:
        text = N_("Send nothing but the picture, as a file in the form field 'image'.")
        return 413, "form_too_large", N_("The form has too many or too long fields"), text, {}
    values = {"most": f"{limit.picture_bytes / 1e6:g}"}
    if limit.pictures == 1:
        text = N_("Send at most %(most)s MB. Save the picture smaller or as JPEG.")
        return 413, UploadTooLarge.reason, UploadTooLarge.title, text, values
    text = N_("Send at most %(most)s MB in all. Save the pictures smaller or as JPEG, or send fewer at a time.")
    return 413, UploadTooLarge.reason, N_("The files are too large"), text, values
