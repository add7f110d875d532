"""gunicorn: each value with its reason. Settings come from the environment; docs/operations.md has the table."""

import contextlib
import ctypes
import importlib
import math
import os
import pathlib
import runpy
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from multiprocessing import get_context

from gunicorn.workers.gthread import ThreadWorker


# This process imports nothing of the application, whose interpreter must not exist before a worker is forked; it loads
# libraries only (app/ops/libraries.py). What it shares with the workers is loaded by path.
def _loaded(name):
    return runpy.run_path(str(pathlib.Path(__file__).resolve().parent / "app" / "ops" / f"{name}.py"))


def _refuse(sentence):
    sys.exit(f"Lesion Screening does not start: {sentence}")


def _whole_number(name, default, least=1):
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        _refuse(f"{name} must be a whole number {'above 0' if least else 'from 0 on'}, not {text!r}.")
    return int(text)


class Worker(ThreadWorker):
    """gunicorn's threads, and a worker that stops lets go of the port at once.

    ThreadWorker itself keeps it until the last request is answered: whoever connects meanwhile hangs, and is cut off.
    """

    def set_accept_enabled(self, enabled):
        """Stops listening where the worker stops."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                listener.close()


def _cores():
    """Cores that this process may use, at least 1: its affinity, and the quota of its container (cgroup v2)."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = pathlib.Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(count, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no cgroup v2, or "max"
        return count


def _give_memory_back():
    """Makes glibc return the memory of large photos to the system; it would keep it, for each thread anew.

    Without this a worker has kept several hundred megabytes after a dozen photos of 49 megapixels. What one photo of
    usual size needs stays: given back and asked for again with every request, it has cost 2 ms of page faults each.
    """
    m_trim_threshold, m_mmap_threshold, m_arena_max = -1, -3, -8  # malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(m_trim_threshold, 4 << 20)
    mallopt(m_mmap_threshold, 4 << 20)
    mallopt(m_arena_max, 1)  # one computes at a time


_give_memory_back()

host = os.environ.get("HOST") or "127.0.0.1"
port = _whole_number("PORT", 8000)
if port > 65_535:
    _refuse(f"PORT must be a whole number from 1 to 65535, not '{port}'.")
bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

# A worker computes one request at a time (app/ops/turns.py), so one for each core keeps all of them busy, and more
# would only add memory.
workers = _whole_number("WORKERS", _cores())
worker_class = Worker
# Not preloaded: the application, and with it the interpreter, is made in each worker. Its libraries are shared.
preload_app = False

# One thread computes, up to LESION_QUEUE wait for it; the rest receive uploads, refuse, and answer health checks. A
# thread waits for its client's bytes, up to 10 s for each pause. A front that buffers makes that harmless.
threads = _whole_number("THREADS", 24)
if not os.environ.get("LESION_QUEUE"):
    os.environ["LESION_QUEUE"] = str(max(0, min(16, threads - 2)))
elif os.environ["LESION_QUEUE"].isdigit() and int(os.environ["LESION_QUEUE"]) > max(0, threads - 2):
    _refuse(
        f"LESION_QUEUE must be at most THREADS - 2, {max(0, threads - 2)}: nobody would be left to refuse the next."
    )

# What waits before a thread sees it is bounded too, connections that are kept open included. gunicorn's own values,
# 1000 and 2048, would be a queue that nobody counts.
worker_connections = 4 * threads
backlog = 128
# Longer than a front keeps a connection that it does not use (deploy/Caddyfile): it must never send into a closed one.
keepalive = 5

# The heartbeat of a worker's main thread, which no request holds up: it finds a process that hangs as a whole.
timeout = 30
# The longest request: 10 s in the queue, then twenty large photos.
graceful_timeout = _whole_number("GRACEFUL_SECONDS", 30)
_drain_seconds = _whole_number("LESION_DRAIN_SECONDS", 0, least=0)
# Against leaks that nobody has found yet; the jitter keeps workers from going all at once.
max_requests = _whole_number("MAX_REQUESTS", 10_000, least=0)
max_requests_jitter = max_requests // 5

# The heartbeat file of a worker belongs in memory: on a disk it can stall the worker, and a container may have none.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
# Nothing steers a running server but signals.
control_socket_disable = True

# The application logs requests, without addresses; gunicorn's access log stays off. The rest comes in the same form.
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": _loaded("json_lines")["JsonLines"]}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False, "qualname": "gunicorn"}
    },
}

# All workers sign forms with the same key, and a restart ends what was signed before.
if not os.environ.get("LESION_SECRET_KEY"):
    os.environ["LESION_SECRET_KEY"] = secrets.token_hex(32)


def _check():
    importlib.import_module("app.check").main()


def _refused():
    """Whether the application would not start; says why. Loads the libraries that the workers will share."""
    if sys.platform != "linux":  # macOS' own libraries do not survive a fork
        return subprocess.run([sys.executable, "-m", "app.check"], check=False).returncode
    libraries = _loaded("libraries")
    libraries["load_for_screening"]()
    check = get_context("fork").Process(target=_check)
    check.start()
    libraries["load_for_serving"]()  # meanwhile
    check.join()
    return check.exitcode


def on_starting(server):
    """Refuses to start on a wrong setting or bundle with one sentence, before every worker does so with a traceback.

    In a process of its own: an interpreter must not exist before the workers are forked.
    """
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    if _refused():
        sys.exit(1)
    # What the workers share: their metrics, and the word that the server is stopping.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="lesion-screening-", dir=worker_tmp_dir)


def post_worker_init(worker):
    """Gives back what making the application took beyond what it keeps."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def when_ready(server):
    """Says where to look, and makes SIGTERM first end readiness, and stop what runs LESION_DRAIN_SECONDS later."""
    server.log.info("Lesion Screening is on http://%s", bind)
    stopping = pathlib.Path(os.environ["PROMETHEUS_MULTIPROC_DIR"], "stopping")

    def stop(*_):
        server.signal(signal.SIGTERM, None)

    def drain(*_):
        if os.getpid() != server.pid:  # a worker, between its fork and its own handlers
            sys.exit(0)
        again = stopping.exists()
        stopping.touch()
        if _drain_seconds and not again:
            signal.setitimer(signal.ITIMER_REAL, _drain_seconds)
        else:
            stop()

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, drain)


def child_exit(server, worker):
    """Keeps what a gone worker has counted."""
    # Not on top: prometheus_client decides on import whether there are several processes.
    _loaded("gone_workers")["fold"](pathlib.Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]), worker.pid)


def on_exit(server):
    """Leaves nothing behind, unless a new master has taken the folder over (SIGUSR2)."""
    if not server.reexec_pid:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
