"""What deploy/, Dockerfile and compose.yaml say about the application is true of it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import create_app
from app.config import REPOSITORY, Config

DEPLOY = REPOSITORY / "deploy"
METRIC = re.compile(r"\blesion_[a-z_]+\b")


def text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def image_environment() -> dict[str, str]:
    block = re.search(r"^ENV (.*?[^\\])$", text("Dockerfile"), re.MULTILINE | re.DOTALL)
    assert block
    return dict(pair.split("=", 1) for pair in block[1].replace("\\\n", " ").split())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
    return found


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    return {entry["kind"]: entry for entry in yaml.safe_load_all(text("deploy/kubernetes.yaml"))}


@pytest.fixture(scope="module")
def exported(bundle_folder: Path) -> set[str]:
    """The names of all metrics, with what Prometheus makes of histograms and counters."""
    client = create_app(Config(bundle=bundle_folder)).test_client()
    client.get("/healthz")
    page = client.get("/metrics").get_data(as_text=True)
    kinds = re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE)
    histograms = {
        f"{name}_{part}" for name, kind in kinds if kind == "histogram" for part in ("bucket", "sum", "count")
    }
    return {name for name, _ in kinds} | histograms


@pytest.mark.parametrize("name", ["Dockerfile", "deploy/dask/Dockerfile"])
def test_hadolint_finds_nothing_in_a_dockerfile(name: str) -> None:
    program = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")
    assert program, "hadolint is in requirements-test.txt"
    result = subprocess.run([program, name], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_image_holds_every_file_that_the_server_reads() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.*) \S+$", text("Dockerfile"), re.MULTILINE))
    assert copied == {
        "requirements.txt requirements-extras.txt requirements-oidc.txt requirements-bulk.txt requirements-cluster.txt",
        "wsgi.py gunicorn.conf.py",
        "app",
        "model_store",
    }
    allowed = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert set(" ".join(copied).split()) == allowed


def test_the_image_starts_with_its_own_settings() -> None:
    config = Config.from_environment(image_environment())
    assert (config.held_bytes, config.limits.decode_bytes) == (61_000_000, 75_000_000)


@pytest.mark.parametrize("service", ["app", "front"])
def test_containers_can_write_nowhere_and_have_no_rights(compose: dict[str, Any], service: str) -> None:
    found = compose["services"][service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found.get("cap_add", []) == ([] if service == "app" else ["NET_BIND_SERVICE"])
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert found["mem_limit"] == "512m"


def test_only_the_front_can_be_reached(compose: dict[str, Any]) -> None:
    assert "ports" not in compose["services"]["app"]
    assert compose["services"]["app"]["networks"] == ["inside"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert {port.split(":")[0] for port in compose["services"]["front"]["ports"]} == {"80", "443"}


def test_the_image_and_the_pods_run_as_the_same_unprivileged_user(manifests: dict[str, dict[str, Any]]) -> None:
    assert re.search(r"^USER 10001$", text("Dockerfile"), re.MULTILINE)
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == 10001
    container = pod["containers"][0]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"] == "512Mi"


def test_whoever_stops_the_server_waits_long_enough(
    compose: dict[str, Any], manifests: dict[str, dict[str, Any]]
) -> None:
    graceful = 30
    app = compose["services"]["app"]
    assert int(app["stop_grace_period"].removesuffix("s")) > graceful + int(app["environment"]["LESION_DRAIN_SECONDS"])
    pod = manifests["Deployment"]["spec"]["template"]["spec"]
    drain = next(entry["value"] for entry in pod["containers"][0]["env"] if entry["name"] == "LESION_DRAIN_SECONDS")
    assert pod["terminationGracePeriodSeconds"] > graceful + int(drain)
    unit = re.search(r"^TimeoutStopSec=(\d+)$", text("deploy/lesion-screening.service"), re.MULTILINE)
    assert unit
    assert int(unit[1]) > graceful


def test_probes_ask_what_they_are_for(manifests: dict[str, dict[str, Any]]) -> None:
    container = manifests["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert "replicas" not in manifests["Deployment"]["spec"], "the autoscaler has the say"
    assert manifests["HorizontalPodAutoscaler"]["spec"]["minReplicas"] >= 2


def test_the_front_lets_the_largest_page_through_and_keeps_the_inside_inside() -> None:
    front = text("deploy/Caddyfile")
    limit = re.search(r"max_size (\d+)MB", front)
    assert limit
    assert int(limit[1]) * 1e6 > Config().page_bytes + 65_536
    assert "path /metrics /readyz /healthz" in front
    assert "health_uri /readyz" in front


def test_alerts_use_metrics_that_exist(exported: set[str]) -> None:
    rules = [
        rule for group in yaml.safe_load(text("deploy/prometheus/alerts.yaml"))["groups"] for rule in group["rules"]
    ]
    assert len(rules) >= 8
    used = {name for rule in rules for name in METRIC.findall(rule["expr"])}
    assert used
    assert used <= exported


def test_the_dashboard_uses_metrics_that_exist(exported: set[str]) -> None:
    dashboard = json.loads(text("deploy/grafana/dashboard.json"))
    used = {
        name for panel in dashboard["panels"] for target in panel["targets"] for name in METRIC.findall(target["expr"])
    }
    assert {"lesion_ready", "lesion_queue_waiting", "lesion_refusals_total", "lesion_part_seconds_bucket"} <= used
    assert used <= exported
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_every_alert_has_a_row_in_the_operators_guide() -> None:
    guide = text("docs/operations.md")
    for rule in re.findall(r"alert: LesionScreening(\w+)", text("deploy/prometheus/alerts.yaml")):
        assert re.search(rf"`(LesionScreening)?{rule}`", guide), rule


def test_every_file_of_deploy_is_told_of_in_the_operators_guide() -> None:
    guide = text("docs/operations.md")
    for path in DEPLOY.rglob("*.*"):
        assert path.relative_to(REPOSITORY).as_posix() in guide, path


def test_the_memory_to_reckon_with_is_no_less_than_what_was_measured() -> None:
    found = re.search(r"Reckon with (\d+) MB, and\s+for each worker (\d+) MB", text("docs/operations.md"))
    assert found
    base, each = map(int, found.groups())
    measured = json.loads(text("docs/figures/speed.json"))["memory"]
    for workers, memory in measured.items():
        assert memory["server_pss"] <= base + each * int(workers), workers
