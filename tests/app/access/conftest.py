"""An app with the clinic's account."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.access import accounts
from app.access.options import Access
from app.config import Config
from tests.helpers.logins import ACCOUNT


@pytest.fixture(scope="module")
def settings(bundle_folder: Path) -> Config:
    return Config(bundle=bundle_folder, access=Access(account=ACCOUNT))


@pytest.fixture(scope="module")
def whole(settings: Config) -> Flask:
    return create_app(settings)


@pytest.fixture
def locked(whole: Flask) -> Flask:
    """The same for all, without what a test before has failed at."""
    whole.extensions[accounts.EXTENSION]._limiter.storage.reset()
    return whole


@pytest.fixture
def client(locked: Flask) -> FlaskClient:
    return locked.test_client()
