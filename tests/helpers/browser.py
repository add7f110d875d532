"""The system's Chromium; Playwright's own download is not used."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def chromium() -> str | None:
    """Its path, or None where it is not installed."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)
