"""gunicorn: HOST, PORT, WORKERS (workers) and THREADS from the environment."""

import os
import pathlib
import secrets
import subprocess
import sys


def _whole_number(name, default):
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        sys.exit(f"Lesion Screening does not start: {name} must be a whole number above 0, not {text!r}.")
    return int(text)


host = os.environ.get("HOST") or "127.0.0.1"
bind = f"[{host}]:{_whole_number('PORT', 8000)}" if ":" in host else f"{host}:{_whole_number('PORT', 8000)}"
workers = _whole_number("WORKERS", os.cpu_count() or 1)
worker_class = "gthread"
# A thread waits for its client's bytes, up to 10 s for each pause; the others answer meanwhile. What they compute is
# limited by the cores all the same. A front that buffers uploads makes the waiting harmless.
threads = _whole_number("THREADS", 8)
timeout = 30
graceful_timeout = 20
# The heartbeat file of a worker belongs in memory: on a disk it can stall the worker, and a container may have none.
worker_tmp_dir = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
# Nothing steers a running server but signals.
control_socket_disable = True

# All workers sign forms with the same key, and a restart ends what was signed before.
if not os.environ.get("LESION_SECRET_KEY"):
    os.environ["LESION_SECRET_KEY"] = secrets.token_hex(32)


def on_starting(server):
    """Refuses to start on a wrong setting or bundle with one sentence, before every worker does so with a traceback.

    In a process of its own: an interpreter must not exist before the workers are forked.
    """
    if subprocess.run([sys.executable, "-m", "app.check"], check=False).returncode:
        sys.exit(1)


def when_ready(server):
    """Says where to look."""
    server.log.info("Lesion Screening is on http://%s", bind)
