"""What gunicorn's master loads, so that the workers share it."""

import json
import os
import subprocess
import sys

from app.config import REPOSITORY
from app.screening.runtime import installed_backends

SCRIPT = """
import json, os, runpy, sys
libraries = runpy.run_path("app/ops/libraries.py")
libraries["load_for_screening"](), libraries["load_for_serving"]()
before, threads = set(sys.modules), len(os.listdir("/proc/self/task"))
import wsgi
names = lambda modules: {name.partition(".")[0] for name in modules}
print(json.dumps({
    "threads": threads,
    "before": sorted(names(before)),
    "new": sorted(names(sys.modules) - names(before) - set(sys.stdlib_module_names)),
}))
"""


def test_workers_load_nothing_of_others_that_the_master_has_not_loaded() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    # prometheus_client has to find the folder that the workers share when it is loaded.
    assert set(found["new"]) == {"app", "wsgi", "prometheus_client", installed_backends()[0]}
    assert "app" not in found["before"]
    assert found["threads"] == 1, "a fork would lose a library's threads"
