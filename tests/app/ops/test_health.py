"""Alive, ready, stopping."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.ops import health, metrics
from app.screening.screener import Screener


@pytest.fixture
def unasked(app: Flask) -> FlaskClient:
    """A client of an app that nobody has asked lately whether it is ready."""
    app.extensions.pop("ready_until", None)
    return app.test_client()


def test_a_healthy_process_says_so(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}


def test_a_ready_server_names_its_verified_model(unasked: FlaskClient, app: Flask) -> None:
    response = unasked.get("/readyz")
    bundle = app.extensions["screener"].bundle
    assert response.status_code == 200
    assert response.get_json() == {
        "status": "ready",
        "model": {"name": bundle.name, "version": bundle.version, "sha256": bundle.model_sha256},
    }


def test_a_model_that_answers_a_parity_sample_differently_is_not_ready(
    unasked: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.screening.screener.PARITY_TOLERANCE", -1.0)
    assert unasked.get("/readyz").status_code == 503
    assert metrics.READY._value.get() == 0
    assert unasked.get("/healthz").status_code == 200
    monkeypatch.undo()
    assert unasked.get("/readyz").status_code == 200
    assert metrics.READY._value.get() == 1


def test_asking_often_does_not_make_the_server_compute_often(
    unasked: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(Screener, "check_parity", lambda _: asked.append(1))
    for _ in range(10):
        assert unasked.get("/readyz").status_code == 200
    assert asked == [1]


def test_a_server_that_is_told_to_stop_is_not_ready_but_alive(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(health.STOPPING, str(tmp_path / "stopping"))
    assert client.get("/readyz").status_code == 200
    (tmp_path / "stopping").touch()
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()) == (503, {"status": "stopping"})
    assert client.get("/healthz").status_code == 200


def test_parity_samples_are_neither_counted_nor_kept_waiting(unasked: FlaskClient, app: Flask) -> None:
    counts = [metrics.ASSESSMENTS.labels(name)._value.get() for name in ("refer", "low_risk")]
    app.extensions["turns"].enter()
    try:
        assert unasked.get("/readyz").status_code == 200
    finally:
        app.extensions["turns"].leave()
    assert counts == [metrics.ASSESSMENTS.labels(name)._value.get() for name in ("refer", "low_risk")]
