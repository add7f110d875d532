"""The clinician's pages: from a photo to an answer that can be read, questioned, printed and trusted."""

from flask import Flask

from app.access.options import Access
from app.web import export, information, languages, login, samples, screening, static
from app.web.carried import CARRIED_BYTES

CARRYING = ("export.report", "export.table")
"""Endpoints that are sent what a result page carries."""

SCREENING_ENDPOINTS = ("web.result", "web.sample")

__all__ = ["CARRIED_BYTES", "CARRYING", "SCREENING_ENDPOINTS", "register"]


def register(app: Flask, access: Access) -> None:
    """Adds the pages, their languages and what their templates need; the login's where there is one."""
    languages.register(app)
    static.register(app)
    samples.register(app)
    for module in (screening, export, information):
        app.register_blueprint(module.blueprint)
    login.register(app, access)
