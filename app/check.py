"""`python -m app.check [HOST...]`: would the app start here? Silent and 0, or one sentence and 1.

Run so, it reads the server's own settings too (gunicorn.conf.py); gunicorn, which calls `main`, has done so.
"""

import os
import runpy
import sys
from collections.abc import Sequence

from app.config import REPOSITORY, Config, SettingRejected
from app.screening.bundle import BundleRejected
from app.screening.screener import Screener


def main(hosts: Sequence[str]) -> None:
    """Reads the settings, verifies the bundle, answers its parity samples, and looks at who could come in.

    Args:
        hosts: the addresses on which the server listens; without any it is what HOST says.
    """
    try:
        config = Config.from_environment()
        config.refuse_small_room()
        config.refuse_open_door(hosts or [os.environ.get("HOST") or "127.0.0.1"])
        Screener.from_folder(config.bundle, config.limits, expected=config.bundle_sha256)
    except (SettingRejected, BundleRejected) as error:
        sys.exit(f"Lesion Screening does not start: {error}")


if __name__ == "__main__":
    runpy.run_path(str(REPOSITORY / "gunicorn.conf.py"))
    main(sys.argv[1:])
