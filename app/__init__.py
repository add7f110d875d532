"""Lesion Screening: a web application around one small model. A research tool, not a medical device."""

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_compress import Compress
from flask_compress.flask_compress import DictCache
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Config
from app.ops import errors, headers, logs, metrics, origins, rates, requests, turns
from app.ops.served import ServedScreener

__version__ = "0.1.0"


def create_app(config: Config | None = None) -> Flask:
    """Builds the application.

    Args:
        config: settings; read from the environment where None.

    Raises:
        BundleRejected: the model bundle is missing, changed, or does not answer as training did.
        SettingRejected: a setting in the environment has a value that cannot be used.
    """
    from app import api, commands, web
    from app.access import entrance
    from app.ops import health

    config = config or Config.from_environment()
    app = Flask(__name__, static_folder=None, static_url_path="/static")
    app.config.from_mapping(
        SECRET_KEY=config.secret_key,
        # Lax: with Strict, who follows a link to here would get a new session, and every open form would have expired.
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_SSL_STRICT=False,  # compares the Referer; app/ops/origins.py looks at what says more
        WTF_CSRF_TIME_LIMIT=None,  # a page may stay open all day; the token ends with the browser session
        BOOTSTRAP_SERVE_LOCAL=True,
        # Static files alone: a compressed page that holds a secret beside what a stranger chose gives the secret away.
        COMPRESS_STREAMS=False,
        # Compressed once: they do not change while the process runs.
        COMPRESS_CACHE_BACKEND=DictCache,
        COMPRESS_CACHE_KEY=lambda request: request.path,
        COMPRESS_MIMETYPES=["text/css", "text/javascript", "image/svg+xml"],
    )
    if config.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=0)  # type: ignore[method-assign]
    app.request_class = requests.InMemoryRequest
    app.session_interface = headers.SecureSession()
    app.extensions["screener"] = ServedScreener.from_folder(config.bundle, config.limits, expected=config.bundle_sha256)
    requests.register(  # first: whatever is refused after it has a request id
        app,
        requests.UploadLimit(1, config.limits.max_bytes),
        {
            "web.result": requests.UploadLimit(config.page_pictures, config.page_bytes),
            api.BATCH_ENDPOINT: requests.UploadLimit(config.batch_pictures, config.batch_bytes),
            **dict.fromkeys(web.CARRYING, requests.UploadLimit(1, web.CARRIED_BYTES, web.CARRIED_BYTES)),
        },
    )
    commands.register(app, config)
    logs.register(app)
    origins.register(app, config.hosts, config.cors_origins)
    entrance.register(app, config.access, config.rate_store, api.keys.holder)
    turns.register(app, turns.Turns(config.queue, config.queue_seconds, config.held_bytes))  # before a form is read
    csrf = CSRFProtect(app)
    Bootstrap5(app)
    Compress(app)
    web.register(app, config.access)
    api.register(app, config)
    app.register_blueprint(health.blueprint)
    metrics.register(app, config.metrics_token)
    # Programs have no token. A browser's cookie is kept from other sites' pages by origins.register and SameSite.
    csrf.exempt(api.blueprint)
    csrf.exempt(web.export.blueprint)  # what it is sent is signed
    rates.register(app, config.rate_limit, config.rate_store, (*web.SCREENING_ENDPOINTS, *api.SCREENING_ENDPOINTS))
    headers.register(app, config.hsts_seconds)
    errors.register(app)
    return app
