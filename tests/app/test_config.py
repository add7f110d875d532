"""Settings from the environment."""

from pathlib import Path

import pytest

from app import create_app
from app.config import DEFAULT_BUNDLE, Config, SettingRejected
from app.screening.bundle import BundleRejected


def test_without_settings_the_defaults_hold_and_the_key_is_random() -> None:
    first, second = Config.from_environment({}), Config.from_environment({})
    assert first.bundle == DEFAULT_BUNDLE
    assert (first.limits.max_bytes, first.limits.max_pixels, first.limits.min_side) == (15_000_000, 50_000_000, 64)
    assert first.limits.decode_bytes == 100_000_000
    assert first.secret_key != second.secret_key
    assert len(first.secret_key) >= 32
    assert first.secret_key not in repr(first)


def test_settings_are_read() -> None:
    config = Config.from_environment(
        {
            "LESION_BUNDLE": "elsewhere",
            "LESION_MAX_UPLOAD_MB": "2.5",
            "LESION_MAX_MEGAPIXELS": "12",
            "LESION_DECODE_MB": "7.5",
        }
    )
    assert config.bundle == Path("elsewhere")
    assert (config.limits.max_bytes, config.limits.max_pixels) == (2_500_000, 12_000_000)
    assert config.limits.decode_bytes == 7_500_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LESION_MAX_UPLOAD_MB", "many"),
        ("LESION_MAX_UPLOAD_MB", "0"),
        ("LESION_MAX_UPLOAD_MB", "nan"),
        ("LESION_MAX_MEGAPIXELS", "-3"),
        ("LESION_SECRET_KEY", "short"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingRejected, match=name):
        Config.from_environment({name: value})


def test_the_app_refuses_to_start_without_its_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleRejected, match=r"manifest\.json .*cannot be read"):
        create_app(Config(bundle=tmp_path))
