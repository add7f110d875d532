"""The app in this process."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import Config


@pytest.fixture(scope="session")
def app(bundle_folder: Path) -> Flask:
    return create_app(Config(bundle=bundle_folder))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
