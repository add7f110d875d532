"""gunicorn: HOST, PORT, WEB_CONCURRENCY (workers) and THREADS from the environment."""

import os
import pathlib
import secrets
import sys

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY") or len(os.sched_getaffinity(0)))
worker_class = "gthread"
# A second thread answers health checks and slow uploads while the first computes.
threads = int(os.environ.get("THREADS") or 2)
timeout = 30
graceful_timeout = 20
# The heartbeat file of a worker belongs in memory: on a disk it can stall the worker, and a container may have none.
worker_tmp_dir = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
# Nothing steers a running server but signals.
control_socket_disable = True

# All workers sign forms with the same key, and a restart ends what was signed before.
os.environ.setdefault("LESION_SECRET_KEY", secrets.token_hex(32))


def on_starting(server):
    """Refuses to start on a wrong setting or bundle with one sentence, before any worker does so with a traceback."""
    from app.config import Config, SettingRejected
    from app.screening.bundle import BundleRejected, load_bundle

    try:
        load_bundle(Config.from_environment().bundle)
    except (SettingRejected, BundleRejected) as error:
        sys.exit(f"Lesion Screening does not start: {error}")


def when_ready(server):
    """Says where to look."""
    server.log.info("Lesion Screening is on http://%s", bind)
