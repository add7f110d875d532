"""What is counted, and that it stays counted."""

import os
import subprocess
import sys
from pathlib import Path

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from app.config import DEFAULT_BUNDLE, REPOSITORY
from tests.helpers.uploads import multipart, png_lesion, truncated_jpeg


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(client: FlaskClient, name: str, **labels: str) -> float:
    found = samples(client.get("/metrics").get_data(as_text=True))
    return found.get((name, frozenset(labels.items())), 0.0)


def test_answers_refusals_and_durations_are_counted(client: FlaskClient) -> None:
    def counts() -> list[float]:
        return [
            value(client, "lesion_requests_total", route="/api/predict", method="POST", status="200"),
            value(client, "lesion_requests_total", route="/api/predict", method="POST", status="422"),
            value(client, "lesion_refusals_total", reason="undecodable"),
            value(client, "lesion_part_seconds_count", part="inference"),
            value(client, "lesion_part_seconds_count", part="wait"),
            value(client, "lesion_request_seconds_count", route="/api/predict"),
            value(client, "lesion_assessments_total", assessment="refer")
            + value(client, "lesion_assessments_total", assessment="low_risk")
            + value(client, "lesion_assessments_total", assessment="cannot_assess"),
        ]

    before = counts()
    for upload in (png_lesion(1), png_lesion(2), truncated_jpeg()):
        client.post("/api/predict", **multipart({"image": ("a.png", upload)}))
    assert [after - first for after, first in zip(counts(), before, strict=True)] == [2, 1, 1, 2, 3, 3, 2]


def test_the_model_and_the_queue_are_described(client: FlaskClient) -> None:
    text = client.get("/metrics").get_data(as_text=True)
    assert f'lesion_model_info{{name="{DEFAULT_BUNDLE.name}"' in text
    for name in ("lesion_queue_waiting", "lesion_queue_places", "lesion_workers", "lesion_ready"):
        assert f"\n{name} " in text


def test_an_unknown_method_or_address_makes_no_series_of_its_own(client: FlaskClient) -> None:
    client.open("/healthz", method="JANEDOE")
    client.get("/jane-doe")
    text = client.get("/metrics").get_data(as_text=True)
    assert "JANE" not in text
    assert "jane" not in text
    assert 'method="other"' in text


WORKER = """
import os
from app.ops import metrics
metrics.ASSESSMENTS.labels("refer").inc(3)
metrics.PART_SECONDS.labels("decode").observe(0.02)
metrics.PART_SECONDS.labels("decode").observe(0.2)
metrics.QUEUE_WAITING.set(2)
print(os.getpid())
"""


def work(folder: Path, program: str = WORKER) -> str:
    """What a process prints that counts into `folder`."""
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    return result.stdout


def test_what_gone_workers_counted_stays_counted_in_one_file(tmp_path: Path) -> None:
    from app.ops.worker_metrics import fold

    read = "from app.ops import metrics; print(metrics.generate_latest(metrics._registry()).decode())"
    pids = [int(work(tmp_path)) for _ in range(3)]
    together = samples(work(tmp_path, read))
    for pid in pids:
        fold(tmp_path, pid)
    folded = samples(work(tmp_path, read))
    assert folded["lesion_assessments_total", frozenset({("assessment", "refer")})] == 9
    assert folded["lesion_part_seconds_count", frozenset({("part", "decode")})] == 6
    assert folded["lesion_part_seconds_bucket", frozenset({("part", "decode"), ("le", "0.025")})] == 3
    gone = {key for key in together if "queue" in key[0]}
    assert {key: together[key] for key in together if key not in gone} == {
        key: folded[key] for key in folded if key not in gone
    }
    assert together["lesion_queue_waiting", frozenset()] == 6
    assert folded.get(("lesion_queue_waiting", frozenset()), 0) == 0
    pid_files = [path.name for pid in pids for path in tmp_path.glob(f"*_{pid}.db")]
    assert not [name for name in pid_files if name.startswith(("counter", "histogram"))]
    assert {path.name for path in tmp_path.glob("*_gone.db")} == {"counter_gone.db", "histogram_gone.db"}
