"""The API for other software: answers, their description for programs and for readers, keys, other origins."""

from flask import Flask
from flask_cors import CORS

from app.api import docs, keys
from app.api.routes import blueprint
from app.config import Config

BATCH_ENDPOINT = "api.predict_batch"
SCREENING_ENDPOINTS = ("api.predict", BATCH_ENDPOINT)

__all__ = ["BATCH_ENDPOINT", "SCREENING_ENDPOINTS", "blueprint", "register"]


def register(app: Flask, config: Config) -> None:
    """Adds the API."""
    app.extensions[keys.EXTENSION] = config.api_keys
    app.cli.add_command(keys.commands)
    docs.register(app, blueprint, with_keys=bool(config.api_keys))
    if config.cors_origins:
        CORS(
            app,
            resources={r"/api/.*": {"origins": list(config.cors_origins)}},
            methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "X-Request-ID"],
            max_age=3600,
        )
