"""Settings of the API: those that are more than a number."""

import importlib.util
from typing import Any

import pytest

from app.config import Config, SettingRejected
from app.settings import ApiKey

DIGEST = "ab" * 32


def read(**environment: str) -> Config:
    return Config.from_environment(environment)


def test_without_settings_the_api_is_open_to_those_who_reach_it_and_limited() -> None:
    config = read()
    assert (config.api_keys, config.cors_origins, config.limits.extra_formats) == ((), (), frozenset())
    assert (config.rate_limit, config.rate_store) == ("600/minute", "memory://")
    assert (config.batch_pictures, config.batch_bytes) == (20, 60_000_000)


def test_each_is_read() -> None:
    config = read(
        LESION_API_KEYS=f" clinic:{DIGEST.upper()}, lab-2:{DIGEST} ,",
        LESION_RATE_LIMIT="5/second",
        LESION_RATE_STORE="redis://counter:6379/1",
        LESION_CORS_ORIGINS="https://clinic.example, http://localhost:3000",
        LESION_EXTRA_FORMATS="DICOM, heic",
        LESION_BATCH_PICTURES="50",
        LESION_BATCH_UPLOAD_MB="90",
    )
    assert config.api_keys == (ApiKey("clinic", DIGEST), ApiKey("lab-2", DIGEST))
    assert (config.rate_limit, config.rate_store) == ("5/second", "redis://counter:6379/1")
    assert config.cors_origins == ("https://clinic.example", "http://localhost:3000")
    assert config.limits.extra_formats == {"dicom", "heic"}
    assert (config.batch_pictures, config.batch_bytes) == (50, 90_000_000)
    assert read(LESION_RATE_LIMIT="off").rate_limit is None


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LESION_API_KEYS", "clinic", "needs entries 'name:digest'"),
        ("LESION_API_KEYS", "clinic:lesion_secret", "needs entries 'name:digest'"),
        ("LESION_API_KEYS", f"clin ic:{DIGEST}", "needs entries 'name:digest'"),
        ("LESION_RATE_LIMIT", "many", "such as '600/minute', or 'off'"),
        ("LESION_RATE_LIMIT", "0/minute", "such as '600/minute', or 'off'"),
        ("LESION_RATE_LIMIT", "5 per fortnight", "such as '600/minute', or 'off'"),
        ("LESION_RATE_STORE", "memcached://host", "a Redis such as"),
        ("LESION_CORS_ORIGINS", "*", "origins such as 'https://clinic.example'"),
        ("LESION_CORS_ORIGINS", "clinic.example", "origins such as"),
        ("LESION_CORS_ORIGINS", "https://clinic.example/page", "origins such as"),
        ("LESION_EXTRA_FORMATS", "heic,gif", "takes dicom and heic, not 'gif'"),
        ("LESION_BATCH_PICTURES", "1", "from 2 to 100"),
        ("LESION_BATCH_UPLOAD_MB", "0", "from 0.01 to 1000"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingRejected) as refusal:
        read(**{name: value})
    assert str(refusal.value).startswith(f"{name} ")
    assert said in str(refusal.value)
    assert "lesion_secret" not in str(refusal.value), "a key that was pasted by mistake must not reach a log"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LESION_EXTRA_FORMATS", "heic"),
        ("LESION_EXTRA_FORMATS", "dicom"),
        ("LESION_RATE_STORE", "redis://host:6379"),
    ],
)
def test_a_package_that_is_missing_is_named_by_its_file(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    with pytest.raises(SettingRejected, match=rf"{name} .* `pip install -r requirements-extras\.txt`\."):
        read(**{name: value})
