"""Why a run stops. What is wrong with one picture is no error but its row."""

import importlib
from typing import Any

from app.settings import install


class BulkError(Exception):
    """A run cannot begin or go on; the message is a sentence that says what to do."""


class ExtraMissing(BulkError):
    """A package is not installed that only this needs."""


def need(module: str, what: str, requirements: str) -> Any:
    """The module, which `what` needs. Raises ExtraMissing, with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ExtraMissing(
            f"{what} needs a package that is not installed: {install(requirements)} ({error})."
        ) from error
