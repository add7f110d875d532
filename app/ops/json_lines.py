"""Log records as JSON, a line each, without what could tell of a patient.

gunicorn's master loads this file by its path, without the rest of the application: nothing is imported here but the
standard library.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

OWN_ERRORS = "app."
"""Modules whose errors are logged with their messages. Others' may quote what a client sent."""

WITHHELD = ("Invalid request from ip=", "Error handling request")
"""Beginnings of gunicorn's messages that go on with addresses, URLs and headers."""


class JsonLines(logging.Formatter):
    """A record as JSON: `time` (UTC), `level`, `event`, what its `facts` say, and of an error its kind and places."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": _event(record.getMessage()),
            "process": record.process,
            **getattr(record, "facts", {}),
        }
        if record.exc_info and (error := record.exc_info[1]):
            line["error"] = _told(error)
            line["at"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
            ]
        return json.dumps(line, default=str)


def _event(message: str) -> str:
    for beginning in WITHHELD:
        if message.startswith(beginning):
            return beginning.removesuffix(" from ip=")
    return message


def _told(error: BaseException) -> str:
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}: {error}" if kind.__module__.startswith(OWN_ERRORS) else name
