"""The libraries that every worker needs, loaded once in gunicorn's master: workers start sooner and share their memory.

gunicorn's master calls this, and loads it by its path, without the rest of the application. None of these libraries
starts a thread when it is loaded, which a fork would lose; a test holds that, and that none is missing here.
"""

import gc
import importlib
import os

OF_SCREENING = ("numpy", "cv2", "PIL.Image", "PIL.JpegImagePlugin", "PIL.PngImagePlugin")
OF_SERVING = (
    "flask", "flask_babel", "flask_bootstrap", "flask_compress.flask_compress", "flask_cors", "flask_limiter",
    "flask_smorest", "flask_wtf", "webargs.flaskparser", "werkzeug.middleware.proxy_fix",
)  # fmt: skip
"""Without prometheus_client, which decides when it is loaded whether there are several processes. Nor is the TFLite
runtime loaded anywhere here: it is small, and so nobody can make an interpreter before the fork."""


def load_for_screening() -> None:
    """Loads what the model and its pictures need."""
    gc.disable()  # what it would free in between, the workers would fill again, each in its own copy of the page
    # The workers are the threads: OpenBLAS' own would not survive the fork, and would spin on the others' cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in OF_SCREENING:
        importlib.import_module(name)
    # OpenCV makes its tables of CIELAB at the first use, which takes as long as several pictures.
    cv2, numpy = importlib.import_module("cv2"), importlib.import_module("numpy")
    cv2.cvtColor(numpy.zeros((1, 1, 3), numpy.uint8), cv2.COLOR_RGB2LAB)


def load_for_serving() -> None:
    """Loads what pages and API need, and keeps the garbage collector's hands off all that is loaded.

    It would write into every object, and a page of memory that is written to is shared no more.
    """
    for name in OF_SERVING:
        importlib.import_module(name)
    gc.freeze()
    gc.enable()
