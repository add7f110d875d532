"""Headers of every answer: what the browser may load, where it may show, that nothing is kept; and cookies."""

from flask import Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface

from app.web.static import STATIC_ENDPOINTS

# Images as data: because the photo travels inside the result page: the server keeps nothing that it could link to.
# As blob: for the previews of chosen files, which the browser makes itself.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
KEPT = "public, max-age=31536000, immutable"
"""Of static files, whose address changes with their contents."""

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with it a browser calls the origin of our own forms "null" (app/ops/origins.py).
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    # A file field that opens the camera needs no permission: the browser's own camera takes the photo.
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
            "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
            "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking",
        )
    ),
}  # fmt: skip


class SecureSession(SecureCookieSessionInterface):
    """The session's cookie stays on TLS where it was set on TLS; the front says so in X-Forwarded-Proto.

    There its name begins with __Host-, so that no other name of the same domain, and nobody on a line without TLS, can
    set it.
    """

    def get_cookie_name(self, app: Flask) -> str:
        """Its name for this request."""
        name = super().get_cookie_name(app)
        return f"__Host-{name}" if request.is_secure else name

    def get_cookie_secure(self, _: Flask) -> bool:
        """Whether this request came over TLS."""
        return request.is_secure


def register(app: Flask, hsts_seconds: int) -> None:
    """Adds the headers after each request, errors included.

    Args:
        app: the application.
        hsts_seconds: how long browsers shall reach this name over TLS alone; 0 says nothing of it.
    """

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if hsts_seconds and request.is_secure:
            response.headers["Strict-Transport-Security"] = f"max-age={hsts_seconds}"
        is_file = request.endpoint in STATIC_ENDPOINTS and request.method in ("GET", "HEAD")
        if not is_file or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        elif "v" in request.args:
            response.headers["Cache-Control"] = KEPT
        response.headers["X-Request-ID"] = g.request_id
        return response
