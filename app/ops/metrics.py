"""/metrics for Prometheus: counts and durations of all workers together. Nothing of a single picture.

Under gunicorn each worker writes into files of a shared folder, and whichever is asked adds them up.
"""

import hmac
import ipaddress
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from app.ops.faults import WrongKey
from app.screening.bundle import ModelBundle

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that gunicorn.conf.py sets. A worker that found no room there has none, and counts alone."""

LOCK_FILE = "lock"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("lesion_requests", "Requests answered", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("lesion_request_seconds", "Duration of requests", ["route"], buckets=SECONDS)
REFUSALS = Counter("lesion_refusals", "Pictures and requests that got no answer", ["reason"])
ASSESSMENTS = Counter("lesion_assessments", "Pictures assessed", ["assessment"])
PART_SECONDS = Histogram(
    "lesion_part_seconds", "Duration of the parts of a screening; wait is the queue", ["part"], buckets=SECONDS
)
QUEUE_WAITING = Gauge("lesion_queue_waiting", "Requests that wait for their turn", multiprocess_mode="livesum")
QUEUE_PLACES = Gauge("lesion_queue_places", "Requests that may wait", multiprocess_mode="livesum")
WORKERS = Gauge("lesion_workers", "Worker processes that serve", multiprocess_mode="livesum")
READY = Gauge(
    "lesion_ready", "1 where the last look found the model's answers right in each worker", multiprocess_mode="livemin"
)
MODEL_INFO = Gauge("lesion_model_info", "The model served", ["name", "version", "sha256"], multiprocess_mode="livemax")

blueprint = Blueprint("metrics", __name__)
TOKEN = "metrics_token"  # noqa: S105  # where it is found, not what it is


def register(app: Flask, token: str) -> None:
    """Adds /metrics, for whoever has the token; for this machine where there is none."""
    app.extensions[TOKEN] = token
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    """All metrics in Prometheus' text format.

    Raises:
        WrongKey: the request has no token, or comes from elsewhere.
    """
    if not _may_read(current_app.extensions[TOKEN]):
        raise WrongKey
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def describe_model(bundle: ModelBundle) -> None:
    """Says which model this worker serves."""
    WORKERS.set(1)
    READY.set(1)
    MODEL_INFO.labels(bundle.name, bundle.version, bundle.model_sha256).set(1)


def _may_read(token: str) -> bool:
    if token:
        sent = request.authorization
        found = sent.token or "" if sent and sent.type == "bearer" else ""
        return hmac.compare_digest(found.encode("utf-8", "surrogateescape"), token.encode())
    # A front on this machine has its address too, but says for whom it asks.
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    try:
        return not forwarded and ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _registry() -> CollectorRegistry:
    folder = os.environ.get(SHARED_FOLDER)
    if not folder:
        return REGISTRY
    registry = CollectorRegistry()
    registry.register(_Locked(folder))
    return registry


class _Locked(MultiProcessCollector):
    """Reads while no worker's files are being folded (app/ops/worker_metrics.py)."""

    def __init__(self, folder: str) -> None:
        super().__init__(None, folder)  # type: ignore[no-untyped-call]
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        with _shared_lock(Path(self._folder) / LOCK_FILE):
            found: Iterable[Metric] = super().collect()  # type: ignore[no-untyped-call]
            return found


@contextmanager
def _shared_lock(path: Path) -> Iterator[None]:
    import fcntl  # only under gunicorn, and so never where there is none

    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield
