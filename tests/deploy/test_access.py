"""What deploy/, compose.yaml and the guide set up starts with a login, and not without."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.access.options import OPEN_TO_ALL, entry
from app.config import REPOSITORY, Config, SettingRejected
from tests.deploy.test_files import image_environment
from tests.helpers.logins import ACCOUNT

SECRETS = {
    "secret-key": "k" * 64,
    "metrics-token": "t" * 64,
    "login": entry(ACCOUNT),
    "LESION_SECRET_KEY": "k" * 64,
    "LESION_LOGIN": entry(ACCOUNT),
    "SITE": "screening.example.org",
}


def text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def compose(secrets: dict[str, str]) -> dict[str, str]:
    service = yaml.safe_load(text("compose.yaml"))["services"]["app"]
    assert service["env_file"] == [".env"]
    return secrets | {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: secrets.get(found[1], ""), value)
        for name, value in service["environment"].items()
    }


def test_any_setting_in_the_file_beside_compose_comes_through_and_none_of_the_fronts_can_be_lost() -> None:
    found = compose({**SECRETS, "LESION_RATE_LIMIT": "5/minute", "LESION_PROXIES": "0", "PORT": "80"})
    assert found["PORT"] == "8000"
    config = Config.from_environment(image_environment() | found)
    assert (config.rate_limit, config.proxies) == ("5/minute", 1)


def test_no_image_is_started_whose_version_nobody_named() -> None:
    image = yaml.safe_load(text("compose.yaml"))["services"]["app"]["image"]
    assert image.startswith("lesion-screening:${VERSION:?")


def kubernetes(secrets: dict[str, str]) -> dict[str, str]:
    manifests: list[dict[str, Any]] = list(yaml.safe_load_all(text("deploy/kubernetes.yaml")))
    deployment = next(entry for entry in manifests if entry["kind"] == "Deployment")
    found = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    return {
        setting["name"]: setting["value"]
        if "value" in setting
        else secrets.get(setting["valueFrom"]["secretKeyRef"]["key"], "")
        for setting in found
    }


def guide(secrets: dict[str, str]) -> dict[str, str]:
    """Of the steps without containers."""
    steps = text("docs/operations.md").split("### Without containers")[1].split("\n## ")[0]
    lines = "".join(re.findall(r"printf '([^']*)'", steps)).replace("%s", secrets["LESION_SECRET_KEY"]).split("\\n")
    assert "login new clinic) >> /etc/lesion-screening.env" in steps
    return dict(line.split("=", 1) for line in lines if line) | {"LESION_LOGIN": secrets.get("LESION_LOGIN", "")}


HOSTS = {compose: "0.0.0.0", kubernetes: "0.0.0.0", guide: "127.0.0.1"}  # noqa: S104


@pytest.mark.parametrize("files", HOSTS)
def test_it_starts_with_a_login_behind_tls_under_its_own_name_and_not_without(files: Any) -> None:
    image = {} if files is guide else image_environment()
    config = Config.from_environment(image | files(SECRETS))
    config.refuse_open_door([HOSTS[files]])
    assert config.access.account == ACCOUNT
    assert config.hosts == ("screening.example.org",)
    assert config.hsts_seconds == 31_536_000
    assert config.proxies == 1
    without = Config.from_environment(
        image | files({name: SECRETS[name] for name in SECRETS if "ogin" not in name.lower()})
    )
    with pytest.raises(SettingRejected, match="so that others can reach it"):
        without.refuse_open_door([HOSTS[files]])


def test_compose_takes_the_words_instead() -> None:
    secrets = {**SECRETS, "LESION_LOGIN": "", "LESION_PUBLIC": OPEN_TO_ALL}
    Config.from_environment(compose(secrets)).refuse_open_door(["0.0.0.0"])  # noqa: S104


def test_metrics_of_pods_are_read_with_a_token() -> None:
    assert Config.from_environment(kubernetes(SECRETS)).metrics_token == SECRETS["metrics-token"]


def test_only_the_application_speaks_of_hsts() -> None:
    assert "Strict-Transport-Security" not in text("deploy/Caddyfile")


@pytest.mark.parametrize("file", ["Dockerfile", "Makefile"])
def test_nothing_is_installed_whose_hash_is_not_known(file: str) -> None:
    written = text(file).replace("\\\n", " ")
    installs = [line for line in written.splitlines() if "/pip install" in line]
    assert installs
    for line in installs:
        assert "--require-hashes" in line, line
        assert "--only-binary :all:" in line, line


def test_the_image_and_serving_keep_no_pip() -> None:
    assert "pip uninstall --yes setuptools pip" in text("Dockerfile")
    assert "pip uninstall --quiet --quiet --yes setuptools pip" in text("Makefile")
    assert Path(REPOSITORY / "requirements.txt").is_file()
