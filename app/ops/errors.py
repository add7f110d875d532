"""Every failure becomes one Refusal with one status; the API shows it as problem+json, the pages as a page.

Nothing that fails is ever answered with a class.
"""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from app.ops.requests import UPLOAD_FIELD, MissingUpload, SeveralUploads, drain_body
from app.screening.errors import (
    EmptyUpload,
    ImageTooLarge,
    ImageTooSmall,
    RefusedUpload,
    UnacceptedFormat,
    UndecodableImage,
    UploadTooLarge,
)

STATUS: dict[type[RefusedUpload], HTTPStatus] = {
    EmptyUpload: HTTPStatus.UNPROCESSABLE_ENTITY,
    UploadTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnacceptedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    UndecodableImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    ImageTooSmall: HTTPStatus.UNPROCESSABLE_ENTITY,
    ImageTooLarge: HTTPStatus.UNPROCESSABLE_ENTITY,
}

REQUEST_FAULTS: dict[type[Exception], tuple[int, str, str, str]] = {
    MissingUpload: (
        400, "missing_file", "No picture was sent", f"Choose a picture first (form field '{UPLOAD_FIELD}').",
    ),
    SeveralUploads: (400, "several_files", "Several pictures were sent", "Send one picture at a time."),
    ClientDisconnected: (
        408, "not_received", "The picture did not arrive whole", "Check the connection and send it again.",
    ),
    CSRFError: (400, "expired_form", "This page has expired", "Choose the picture again and send it once more."),
}  # fmt: skip
"""Status, reason, title and advice of what is wrong with the request and not with the picture."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Attributes:
    status: of the answer.
    reason: a stable word for clients, logs and metrics.
    title: what is wrong, in a few words.
    advice: what to do about it, a sentence.
    request_id: to find the request in the log.
    """

    status: int
    reason: str
    title: str
    advice: str
    request_id: str


def register(app: Flask) -> None:
    """Handles every exception that leaves a route, and every status that Flask itself raises."""
    # Not on top: both render Refusals, and so import this module.
    from app.api.problems import problem
    from app.web.pages import error_page

    @app.errorhandler(Exception)
    def answer(error: Exception) -> Response:
        refusal = refusal_of(error)
        if refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            drain_body()
        response = problem(refusal) if request.path.startswith("/api/") else error_page(refusal)
        if isinstance(error, HTTPException) and (allowed := getattr(error, "valid_methods", None)):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response


def refusal_of(error: Exception) -> Refusal:
    """What to answer to `error`; logs it where it is ours and not the user's."""
    status, reason, title, advice = _describe(error)
    request_id, g.reason = g.request_id, reason
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        current_app.logger.error("request %s failed", request_id, exc_info=error)
    return Refusal(int(status), reason, title, advice, request_id)


def _describe(error: Exception) -> tuple[int, str, str, str]:
    for kind, description in REQUEST_FAULTS.items():
        if isinstance(error, kind):
            return description
    match error:
        case RefusedUpload():
            return STATUS[type(error)], error.reason, error.title, error.advice
        case RequestEntityTooLarge():
            if (request.content_length or 0) <= current_app.config["MAX_CONTENT_LENGTH"] and request.content_length:
                advice = f"Send nothing but the picture, as a file in the form field '{UPLOAD_FIELD}'."
                return 413, "form_too_large", "The form has too many or too long fields", advice
            limit = current_app.extensions["screener"].limits.max_bytes
            advice = f"Send at most {limit / 1e6:g} MB. Save the picture smaller or as JPEG."
            return 413, UploadTooLarge.reason, UploadTooLarge.title, advice
        case HTTPException() if error.code == 404:
            return (
                404,
                "not_found",
                "There is nothing here",
                "Start from the first page.",
            )
        case HTTPException() if error.code == 405:
            methods = ", ".join(getattr(error, "valid_methods", None) or ())
            return 405, "method_not_allowed", "This address does not take that method", f"Use {methods}."
        case HTTPException() if error.code and error.code < 500:
            advice = "Check the request: it needs a multipart form with the picture as a file."
            return error.code, "bad_request", error.name, advice
    advice = "No result was made. Try again; if it fails again, give the request id to whoever runs this server."
    return 500, "internal_error", "The server failed", advice
