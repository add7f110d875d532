"""`python -m app.check`: would the app start here? Silent and 0 where it would, one sentence and 1 where not."""

import sys

from app.config import Config, SettingRejected
from app.screening.bundle import BundleRejected
from app.screening.screener import Screener


def main() -> None:
    """Reads the settings, verifies the bundle and answers its parity samples."""
    try:
        config = Config.from_environment()
        Screener.from_folder(config.bundle, config.limits)
    except (SettingRejected, BundleRejected) as error:
        sys.exit(f"Lesion Screening does not start: {error}")


if __name__ == "__main__":
    main()
