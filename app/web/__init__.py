"""The clinician's pages."""

from app.web.routes import blueprint

__all__ = ["blueprint"]
