"""Settings that are more than a number: each reader gives the value of a text, or says what is wrong with it."""

import importlib.util
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

MEMORY = "memory://"
RATE_STORES = ("redis://", "rediss://", "unix://")
"""Beside MEMORY. unix:// is Redis behind a socket file."""

EXTRA_FORMATS = {"heic": "pillow_heif", "dicom": "pydicom"}
"""Formats that can be switched on, and the module that each needs."""

EXTRAS_FILE = "requirements-extras.txt"
LOGIN_FILE = "requirements-oidc.txt"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that may use the API; the key itself is known to its owner alone.

    Attributes:
        name: whose it is; in rate limits and logs, never secret.
        digest: SHA-256 of the key, 64 hex digits. A plain digest is enough: a key is 256 random bits, not a password
            that somebody chose, so that nothing can be guessed from it.
    """

    name: str
    digest: str


def api_keys(text: str) -> tuple[ApiKey, ...]:
    """`name:digest,name:digest`. A name may stand twice, so that an old and a new key hold together.

    Raises:
        ValueError: an entry has another form.
    """
    keys = []
    for entry in _entries(text):
        found = re.fullmatch(r"([\w.-]{1,64}):([0-9a-fA-F]{64})", entry)
        if not found:
            # Without the entry: who pasted the key itself by mistake would find it in a log.
            raise ValueError("needs entries 'name:digest' with a comma between, as `flask --app wsgi keys new` prints")
        keys.append(ApiKey(found[1], found[2].lower()))
    return tuple(keys)


def rate_limit(text: str) -> str | None:
    """`600/minute`, or `off`. A limit counts pictures.

    Raises:
        ValueError: it is neither.
    """
    if text == "off":
        return None
    if not re.fullmatch(r"[1-9]\d{0,8}/(second|minute|hour|day)", text):
        raise ValueError("needs a number of pictures and a time, such as '600/minute', or 'off'")
    return text


def rate_store(text: str) -> str:
    """`memory://`, or the address of a Redis.

    Raises:
        ValueError: it is neither, or the package for Redis is missing.
    """
    if text == MEMORY:
        return text
    if not text.startswith(RATE_STORES):
        raise ValueError("needs 'memory://', or a Redis such as 'redis://host:6379/0'")
    need("redis")
    return text


def origins(text: str) -> tuple[str, ...]:
    """`https://clinic.example,https://other.example:8443`.

    Raises:
        ValueError: an entry is no origin; `*` is none, since a page of anybody could then use this server.
    """
    entries = _entries(text)
    for entry in entries:
        parts = urlsplit(entry)
        if parts.scheme not in ("http", "https") or not parts.hostname or entry != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(f"needs origins such as 'https://clinic.example', not {entry!r}")
    return entries


def hosts(text: str) -> tuple[str, ...]:
    """`screening.example.org`; `.example.org` is a name and all below it.

    Raises:
        ValueError: an entry is no name.
    """
    entries = _entries(text)
    for entry in entries:
        if not re.fullmatch(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\]", entry):
            raise ValueError(f"needs names such as 'screening.example.org', without scheme and port, not {entry!r}")
    return entries


def secret(text: str) -> str:
    """At least 32 characters, or nothing.

    Raises:
        ValueError: it is shorter.
    """
    if 0 < len(text) < 32:
        raise ValueError("needs at least 32 characters; `openssl rand -hex 32` prints one")
    return text


def sha256(text: str) -> str:
    """64 hex digits, or nothing.

    Raises:
        ValueError: it is something else.
    """
    if text and not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise ValueError("needs 64 hex digits, as the bundle's manifest.sha256 has them")
    return text.lower()


def extra_formats(text: str) -> frozenset[str]:
    """`heic`, `dicom`, or both.

    Raises:
        ValueError: an entry is neither, or its package is missing.
    """
    formats = frozenset(entry.lower() for entry in _entries(text))
    if unknown := formats - set(EXTRA_FORMATS):
        raise ValueError(f"takes {' and '.join(sorted(EXTRA_FORMATS))}, not {min(unknown)!r}")
    for name in sorted(formats):
        need(EXTRA_FORMATS[name])
    return formats


def _entries(text: str) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def install(file: str) -> str:
    """The commands that install a requirement file, in words: from the Makefile, or with a pip of one's own."""
    return f"`make .venv/ready SERVING={file}`, or `pip install -r {file}`"


def need(module: str, file: str = EXTRAS_FILE) -> None:
    """Returns where a package is installed that is not needed by default.

    Raises:
        ValueError: it is not; says which requirement file brings it.
    """
    if importlib.util.find_spec(module) is None:
        raise ValueError(f"needs a package that is not installed: {install(file)}")
