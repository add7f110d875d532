"""What gunicorn and `flask --app wsgi` load."""

import os
import sys

from app import create_app
from app.config import SettingRejected
from app.screening.bundle import BundleRejected

try:
    app = create_app()
except (SettingRejected, BundleRejected) as error:
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":  # gunicorn ends its worker, and has said why before
        raise
    sys.exit(f"Lesion Screening does not start: {error}")
