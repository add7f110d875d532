"""/api/...: thin routes around the Screener, each with what it takes and gives, in words that a program can read."""

from collections.abc import Callable
from typing import Any, NoReturn

from flask import current_app, g
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import CombinedMultiDict

from app.api import answers, keys
from app.api.problems import MEDIA_TYPE, problem_of
from app.api.schemas import Batch, Model, Options, Prediction, Problem
from app.api.uploads import read_picture
from app.ops.errors import Refusal
from app.ops.faults import WrongParameter
from app.ops.requests import Upload, read_uploads
from app.ops.several import answer_each
from app.ops.stalls import computing

PROBLEMS = {
    400: "`missing_file`, `several_files`, `too_many_files`, `wrong_parameter`, `wrong_host`, `bad_request`",
    401: "`wrong_key`: this server asks for an API key. `login_needed`: it asks for a login.",
    403: "`foreign_page`: a page of another origin made a browser send this.",
    408: "`not_received`: the client paused for too long, sent too slowly, or hung up.",
    413: "`too_many_bytes`, `form_too_large`",
    415: "`unaccepted_format`, `unaccepted_body`",
    422: "`empty_file`, `undecodable`, `too_small`, `too_long`, `too_many_pixels`",
    429: "`too_many_requests`; Retry-After says in how many seconds it is worth a try.",
    500: "`internal_error`: the server failed; never with a class.",
    503: "`busy`: Retry-After says in how many seconds it is worth a try.",
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
FILE = {"type": "string", "format": "binary"}


class Parser(FlaskParser):
    """Reads parameters from the address, else from the form; one that is wrong is a problem like every other."""

    DEFAULT_VALIDATION_STATUS = 400

    def load_querystring(self, req: Any, schema: Any) -> Any:
        """The parameters of both."""
        return self._makeproxy(CombinedMultiDict([req.args, req.form]), schema)

    def handle_error(self, error: Any, req: Any, schema: Any, **_: Any) -> NoReturn:  # noqa: ARG002
        """Names the first."""
        name = next(iter(error.messages["query"]))
        raise WrongParameter(name, " or ".join(schema.fields[name].validate.choices))


class ApiBlueprint(Blueprint):
    """Of flask-smorest, with our parser."""

    ARGUMENTS_PARSER = Parser()


blueprint = ApiBlueprint("api", __name__, url_prefix="/api", description="Screening of dermoscopic photos.")
blueprint.before_request(keys.check)


def problems(*statuses: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Documents what can go wrong."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        for status in statuses:
            view = blueprint.alt_response(
                status,
                schema=Problem,
                content_type=MEDIA_TYPE,
                description=PROBLEMS[status],
                headers=RETRY_AFTER if status in (429, 503) else None,
            )(view)
        return view

    return decorate


def multipart(description: str, *, several: bool) -> dict[str, Any]:
    """Documents a form with one picture or several."""
    image = {"type": "array", "items": FILE, "minItems": 1} if several else FILE
    schema = {"type": "object", "required": ["image"], "properties": {"image": image}}
    return {"multipart/form-data": {"schema": {**schema, "description": description}}}


ONE = {
    **multipart("The picture as a file in the field `image`.", several=False),
    **{kind: {"schema": FILE} for kind in ("image/jpeg", "image/png", "image/webp", "image/tiff", "image/bmp")},
}
SEVERAL = multipart("The pictures as files, each in a field `image`.", several=True)


@blueprint.post("/predict")
@blueprint.doc(operationId="predict", requestBody={"required": True, "content": ONE})
@blueprint.arguments(Options, location="query")
@blueprint.response(200, Prediction, description="The answer.")
@problems(400, 401, 403, 408, 413, 415, 422, 429, 500, 503)
def predict(options: dict[str, str]) -> dict[str, Any]:
    """Screen one picture.

    The picture comes as a file in the field `image` of a form, or alone as the body. What it is, its bytes say, not its
    name or Content-Type.
    """
    screener = current_app.extensions["screener"]
    screening = screener.screen(read_picture())
    answer = answers.prediction(screening, screener.bundle, g.request_id)
    if options["explain"] == "1":
        told = screening.p_malignant is not None
        with computing():
            answer["explanation"] = answers.explanation(screener.explain(screening), told=told)
    return answer


@blueprint.post("/predict/batch")
@blueprint.doc(operationId="predictBatch", requestBody={"required": True, "content": SEVERAL})
@blueprint.response(200, Batch, description="An answer or a problem for each picture.")
@problems(400, 401, 403, 408, 413, 429, 500, 503)
def predict_batch() -> dict[str, Any]:
    """Screen several pictures.

    Each gets what `/api/predict` would have answered, or the problem that it would have had; one that is refused does
    not spoil the others.
    """
    screener = current_app.extensions["screener"]

    def answer(_: int, upload: Upload) -> dict[str, Any]:
        return answers.prediction(screener.screen(upload.content), screener.bundle, g.request_id)

    uploads = read_uploads()
    found = answer_each(uploads, answer)
    refused = sum(isinstance(entry, Refusal) for entry in found)
    return {
        "results": [_result(number, *entry) for number, entry in enumerate(zip(uploads, found, strict=True), 1)],
        "answered": len(found) - refused,
        "refused": refused,
        "request_id": g.request_id,
    }


@blueprint.get("/model")
@blueprint.doc(operationId="model")
@blueprint.response(200, Model, description="The model.")
@problems(401, 500)
def model() -> dict[str, Any]:
    """Tell which model answers here, how well it was measured to, and what it takes."""
    screener = current_app.extensions["screener"]
    return answers.model(screener.bundle, screener.limits)


def _result(number: int, upload: Upload, found: dict[str, Any] | Refusal) -> dict[str, Any]:
    refused = isinstance(found, Refusal)
    return {
        "number": number,
        "name": upload.name,
        "answer": None if refused else found,
        "problem": problem_of(found) if isinstance(found, Refusal) else None,
    }
