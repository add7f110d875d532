"""Headers of every answer: what the browser may load, where it may show, and that nothing of it is kept."""

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
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecureSession(SecureCookieSessionInterface):
    """The session's cookie stays on TLS where it was set on TLS; the front says so in X-Forwarded-Proto."""

    def get_cookie_secure(self, _: Flask) -> bool:
        """Whether this request came over TLS."""
        return request.is_secure


def register(app: Flask) -> None:
    """Adds the headers after each request, errors included."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint not in STATIC_ENDPOINTS:
            response.headers["Cache-Control"] = "no-store"
        elif response.status_code < 400 and "v" in request.args:
            response.headers["Cache-Control"] = KEPT
        response.headers["X-Request-ID"] = g.request_id
        return response
