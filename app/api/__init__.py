"""The API for other software."""

from app.api.routes import blueprint

__all__ = ["blueprint"]
