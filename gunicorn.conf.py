"""gunicorn: each value with its reason. Settings come from the environment; docs/operations.md has the table."""

import contextlib
import ctypes
import importlib
import ipaddress
import os
import pathlib
import resource
import runpy
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from multiprocessing import get_context


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


_machine = _loaded("machine")
_machine["give_memory_back"]()


def _write_no_cores():
    """Keeps a crash from writing the process's memory, and with it a patient's photo, to disk.

    A limit of 1 byte and not of 0: Linux then writes no file, which would be shorter than a page, and starts no
    collector such as systemd-coredump either, which it does at 0 (fs/coredump.c).
    """
    most = 1 if resource.getrlimit(resource.RLIMIT_CORE)[1] else 0
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))


_write_no_cores()

host = os.environ.get("HOST") or "127.0.0.1"
port = _whole_number("PORT", 8000)
if port > 65_535:
    _refuse(f"PORT must be a whole number from 1 to 65535, not '{port}'.")
try:
    socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
except OSError as error:
    _refuse(f"HOST must be an address of this machine, such as 127.0.0.1, not {host!r} ({error.strerror}).")
bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

# gunicorn reads it too, but its refusal does not name the setting.
for _front in filter(None, os.environ.get("FORWARDED_ALLOW_IPS", "").split(",")):
    try:
        _front.strip() == "*" or ipaddress.ip_network(_front.strip())
    except ValueError as error:
        _refuse(f"FORWARDED_ALLOW_IPS must be addresses, networks or '*', with commas between: {error}.")

# A worker computes one request at a time (app/ops/turns.py), so one for each core keeps all of them busy, and more
# would only add memory.
workers = _whole_number("WORKERS", _machine["cores"]())
_worker = _loaded("worker")
worker_class = _worker["Worker"]
# Not preloaded: the application, and with it the interpreter, is made in each worker. Its libraries are shared.
preload_app = False

# One thread computes, up to LESION_QUEUE wait for it; the rest receive uploads, refuse, and answer health checks. A
# thread waits for its client's bytes, as long as these keep the pace (app/ops/worker.py).
threads = _whole_number("THREADS", 24)
_worker["PacedSocket"].bytes_a_second = 1000 * _whole_number("LESION_MIN_RATE_KB", 32, least=0)
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

# A worker that gives no sign of life for so long is ended, and another is started: it hangs as a whole, or one picture
# has computed all the while (app/ops/stalls.py).
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


def _check(hosts):
    importlib.import_module("app.check").main(hosts)


def _checked(hosts):
    """The exit status of a check whether the application would start; it says why not. Loads what the workers share."""
    if sys.platform != "linux":  # macOS' own libraries do not survive a fork
        command = [sys.executable, "-m", "app.check", *hosts]
        return subprocess.run(command, check=False).returncode  # noqa: S603  # nothing of a stranger is in it
    libraries = _loaded("libraries")
    libraries["load_for_screening"]()
    check = get_context("fork").Process(target=_check, args=(hosts,))
    check.start()
    libraries["load_for_serving"]()  # meanwhile
    check.join()
    return check.exitcode


def on_starting(server):
    """Refuses to start on a wrong setting or bundle with one sentence, before every worker does so with a traceback.

    In a process of its own: an interpreter must not exist before the workers are forked.
    """
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    # Where it listens, and not HOST: `--bind` says so too.
    found = _checked([address if isinstance(address, str) else address[0] for address in server.cfg.address])
    if found < 0:
        _refuse(f"its check ended by {signal.Signals(-found).name}. Is LESION_BUNDLE a bundle of a release, unchanged?")
    if found:
        sys.exit(1)
    # What the workers share: their metrics, logins that were ended, and the word that the server is stopping.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="lesion-screening-", dir=worker_tmp_dir)
    os.environ["LESION_STOPPING_FILE"] = f"{os.environ['PROMETHEUS_MULTIPROC_DIR']}/stopping"
    # Since when logins can have been ended in it (app/access/stores.py).
    pathlib.Path(os.environ["PROMETHEUS_MULTIPROC_DIR"], "started").touch()


def post_worker_init(worker):
    """Gives back what making the application took beyond what it keeps."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def when_ready(server):
    """Says where to look, and makes SIGTERM first end readiness, and stop what runs LESION_DRAIN_SECONDS later."""
    server.log.info("Lesion Screening is on http://%s", bind)
    stopping = pathlib.Path(os.environ["LESION_STOPPING_FILE"])

    def stop(*_):
        server.signal(signal.SIGTERM, None)

    def drain(*_):
        if os.getpid() != server.pid:  # a worker, between its fork and its own handlers
            sys.exit(0)
        again = stopping.exists()
        with contextlib.suppress(OSError):  # a full disk does not keep a server from stopping
            stopping.touch()
        if _drain_seconds and not again:
            signal.setitimer(signal.ITIMER_REAL, _drain_seconds)
        else:
            stop()

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, drain)


def post_fork(server, worker):
    """Takes room for what the worker will count. Where there is none it serves all the same, and counts for itself."""
    try:
        _loaded("worker_metrics")["reserve"](pathlib.Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]), os.getpid())
    except OSError:
        server.log.warning("no room to count in; this worker's metrics are its own", exc_info=True)
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR")
        # Only where there is no room: prometheus_client decides on import whether there are several processes.
        from prometheus_client import values

        values.ValueClass = values.get_value_class()


def child_exit(server, worker):
    """Keeps what a gone worker has counted."""
    try:
        _loaded("worker_metrics")["fold"](pathlib.Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]), worker.pid)
    except Exception:  # whatever it is, an exception from here would end the server
        server.log.warning("what a gone worker counted could not be added up", exc_info=True)


def on_exit(server):
    """Leaves nothing behind. A new master (SIGUSR2) has made a folder of its own."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
