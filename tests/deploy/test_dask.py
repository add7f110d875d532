"""What deploy/dask says about the application and about itself is true."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import create_app
from app.config import REPOSITORY, Config

FOLDER = REPOSITORY / "deploy" / "dask"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    entries = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text(encoding="utf-8"))
    return {(entry["kind"], entry["metadata"]["name"]): entry for entry in entries}


def pods(manifests: dict[tuple[str, str], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for (kind, _), entry in manifests.items():
        if kind in ("Deployment", "Job"):
            yield entry["spec"]["template"]


def test_the_image_is_the_applications_with_what_a_cluster_needs() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    assert "FROM lesion-screening-cluster:${VERSION}" in text
    assert "docker build --build-arg SERVING=requirements-cluster.txt -t lesion-screening-cluster ." in text
    below = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^COPY requirements.txt .*requirements-cluster.txt ./$", below, re.MULTILINE)
    assert not re.search(r"^USER", text, re.MULTILINE)
    assert re.search(r"^USER 10001$", below, re.MULTILINE)
    assert "PYTHONPATH=/srv" in text
    assert "WORKDIR /srv" in below


def test_the_command_of_both_is_one_that_the_application_has(
    compose: dict[str, Any], manifests: dict[tuple[str, str], dict[str, Any]], bundle_folder: Path, tmp_path: Path
) -> None:
    words = compose["services"]["screen"]["command"]
    assert manifests["Job", "screen"]["spec"]["template"]["spec"]["containers"][0]["command"] == words
    assert words[:4] == ["flask", "--app", "wsgi", "screen"]
    there = [str(tmp_path / "a.csv") if word == "/results/results.csv" else word for word in words[3:]]
    told = create_app(Config(bundle=bundle_folder)).test_cli_runner().invoke(args=there)
    assert told.output == "Error: There is no file or folder '/pictures', and nothing that it matches.\n"


def test_scheduler_and_workers_find_each_other(
    compose: dict[str, Any], manifests: dict[tuple[str, str], dict[str, Any]]
) -> None:
    worker = re.search(
        r'^CMD \["dask", "worker", "tcp://(\w+):(\d+)"', (FOLDER / "Dockerfile").read_text(), re.MULTILINE
    )
    assert worker
    name, port = worker.groups()
    assert port in compose["services"][name]["command"]
    assert manifests["Service", name]["spec"]["ports"][0]["port"] == int(port)
    container = manifests["Deployment", name]["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == compose["services"][name]["command"]


def test_nothing_has_rights_or_can_be_reached_from_outside(
    compose: dict[str, Any], manifests: dict[tuple[str, str], dict[str, Any]]
) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["networks"] == ["inside"]
        assert "ports" not in service
        assert "mem_limit" in service
    assert compose["networks"]["inside"] == {"internal": True}
    policy = manifests["NetworkPolicy", "lesion-screening-dask"]["spec"]
    ours = policy["podSelector"]
    assert policy["ingress"] == [{"from": [{"podSelector": ours}]}]
    for pod in pods(manifests):
        assert ours["matchLabels"].items() <= pod["metadata"]["labels"].items()
        assert pod["spec"]["securityContext"]["runAsUser"] == 10001
        container = pod["spec"]["containers"][0]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


def test_pictures_are_read_only_and_lie_under_one_path_everywhere(
    compose: dict[str, Any], manifests: dict[tuple[str, str], dict[str, Any]]
) -> None:
    for name in ("worker", "screen"):
        assert [volume for volume in compose["services"][name]["volumes"] if volume.endswith(":/pictures:ro")]
    mounts = [
        mount for pod in pods(manifests) for mount in pod["spec"]["containers"][0]["volumeMounts"]
        if mount["name"] == "pictures"
    ]  # fmt: skip
    assert mounts == [{"name": "pictures", "mountPath": "/pictures", "readOnly": True}] * 2
