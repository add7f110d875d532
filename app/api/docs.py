"""/api/openapi.json and /api/docs: the description of the API that its own schemas write."""

import json
from typing import Any

from flask import Blueprint, Flask, current_app, render_template, request
from flask_smorest import Api
from flask_smorest import Blueprint as DescribedBlueprint

from app import __version__
from app.api import keys
from app.api.schemas import Problem

TITLE = "Lesion Screening"
DESCRIPTION = (
    "Screening of dermoscopic photos of skin lesions with a small model. A research tool, not a medical device. "
    "Nothing that fails is ever answered with a class: it is a problem (RFC 9457) with a reason."
)
pages = Blueprint("api_pages", __name__, template_folder="templates", static_folder="static", url_prefix="/api/docs")


class DescribedApi(Api):
    """Of flask-smorest, without its own errors: app/ops/errors.py has one shape for all."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass

    def _register_pagination_header(self) -> None:
        """None: its schema would stand in the description, and nothing here comes in pages."""


def register(app: Flask, blueprint: DescribedBlueprint, *, with_keys: bool) -> None:
    """Registers the described routes, their description, and a page that shows it and tries it out."""
    app.config.update(
        API_TITLE=TITLE,
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = DescribedApi(
        app,
        spec_kwargs={
            "info": {"description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
            "servers": [{"url": "/"}],
            "security": [{"key": []}] if with_keys else [],
        },
    )
    api.spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    api.register_blueprint(blueprint)
    for (schema, *_), name in api.ma_plugin.converter.refs.items():
        api.spec.components.schemas[name].setdefault("description", schema.__doc__)
    app.extensions["api_description"] = api.spec
    app.register_blueprint(pages)


@pages.get("")
def page() -> str:
    """The description for readers, with a form for each operation."""
    description: dict[str, Any] = current_app.extensions["api_description"].to_dict()
    operations = [
        _operation(path, method, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    return render_template("api_docs.html", api=description, operations=operations)


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema", {})
    files: dict[str, Any] = form.get("properties", {})
    sent = "".join(
        f" -F {name}=@{file}"
        for name, schema in files.items()
        for file in (["one.jpg", "two.jpg"] if schema["type"] == "array" else ["photo.jpg"])
    )
    key = " -H 'Authorization: Bearer KEY'" if current_app.extensions[keys.EXTENSION] else ""
    command = f"curl{key}{sent} {request.url_root.rstrip('/')}{path}"
    return {**operation, "path": path, "method": method.upper(), "files": files, "command": command}


@pages.app_template_filter("schema_words")
def schema_words(schema: dict[str, Any]) -> list[dict[str, str]]:
    """A schema in words: parts that are text, and parts that are the name of another schema."""
    if "$ref" in schema:
        return [{"ref": schema["$ref"].rpartition("/")[2]}]
    if "anyOf" in schema:
        first, *others = [schema_words(entry) for entry in schema["anyOf"]]
        return first + [part for other in others for part in [{"text": " or "}, *other]]
    if "enum" in schema:
        return [{"text": " or ".join(json.dumps(value) for value in schema["enum"])}]
    kinds = schema.get("type", "any")
    kind = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "items" in schema:
        return [{"text": f"{kind} of "}, *schema_words(schema["items"])]
    if isinstance(schema.get("additionalProperties"), dict):
        return [{"text": f"{kind} of "}, *schema_words(schema["additionalProperties"])]
    bounds = [f"{word} {schema[key]:g}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    return [{"text": " ".join([kind, *bounds])}]
