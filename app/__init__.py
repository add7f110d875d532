"""Lesion Screening: a web application around one small model. A research tool, not a medical device."""

from flask import Flask
from flask_wtf import CSRFProtect

from app.config import Config
from app.ops import errors, headers, requests
from app.screening.screener import Screener

__version__ = "0.1.0"


def create_app(config: Config | None = None) -> Flask:
    """Builds the application.

    Args:
        config: settings; read from the environment where None.

    Raises:
        BundleRejected: the model bundle is missing, changed, or does not answer as training did.
        SettingRejected: a setting in the environment has a value that cannot be used.
    """
    from app import api, web
    from app.ops import health

    config = config or Config.from_environment()
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_SAMESITE="Strict",
        # The token and the SameSite cookie protect the form; a Referer, which Flask-WTF asks for on https, is not sent.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=None,  # a page may stay open all day; the token ends with the browser session
        MAX_CONTENT_LENGTH=config.limits.max_bytes + requests.MULTIPART_OVERHEAD,
        MAX_FORM_PARTS=requests.MAX_PARTS,
    )
    app.request_class = requests.InMemoryRequest
    app.extensions["screener"] = Screener.from_folder(config.bundle, config.limits)
    requests.register(app)  # first: whatever is refused after it has a request id
    csrf = CSRFProtect(app)
    for blueprint in (web.blueprint, api.blueprint, health.blueprint):
        app.register_blueprint(blueprint)
    csrf.exempt(api.blueprint)  # no cookie gives any right there
    headers.register(app)
    errors.register(app)
    return app
