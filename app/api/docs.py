"""/api/openapi.json and /api/docs: the description of the API that its own schemas write."""

from typing import Any

from flask import Blueprint, Flask, current_app, render_template
from flask_smorest import Api
from flask_smorest import Blueprint as DescribedBlueprint

from app import __version__

TITLE = "Lesion Screening"
DESCRIPTION = (
    "Screening of dermoscopic photos of skin lesions with a small model. A research tool, not a medical device. "
    "Nothing that fails is ever answered with a class: it is a problem (RFC 9457) with a reason."
)
pages = Blueprint("api_pages", __name__, template_folder="templates", static_folder="static", url_prefix="/api/docs")


class DescribedApi(Api):
    """Of flask-smorest, without its own errors: app/ops/errors.py has one shape for all."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        pass


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


@pages.get("/")
def page() -> str:
    """The description for readers."""
    description: dict[str, Any] = current_app.extensions["api_description"].to_dict()
    return render_template("api_docs.html", api=description)
