"""Headers of every answer: what the browser may load, where it may show, and that nothing of it is kept."""

from flask import Flask, Response, g, request

# Images as data: because the photo travels inside the result page; the server keeps nothing that it could link to.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def register(app: Flask) -> None:
    """Adds the headers after each request, errors included."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "web.static":
            response.headers["Cache-Control"] = "no-store"
        response.headers["X-Request-ID"] = g.request_id
        return response
