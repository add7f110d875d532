"""Settings, read once from the environment. A wrong value stops the start with a sentence that names it."""

import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app import names, settings
from app.access import options
from app.access.options import Access
from app.screening.decode import DecodeLimits

Value = TypeVar("Value")
REPOSITORY = Path(__file__).resolve().parent.parent
MAX_MEGAPIXELS = 170
"""Pillow itself refuses pictures of more than 179 million pixels."""

MAX_PAGE_PICTURES = 20
"""What the page's style sheet has rules for."""

MAX_BATCH_PICTURES = 100
DEFAULT_RATE_LIMIT = "600/minute"
"""Of one client. Two cores screen several times as many."""

DEFAULT_BUNDLE = REPOSITORY / "model_store" / "mobile_short_distilled"


class SettingRejected(Exception):
    """A setting in the environment has a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class Config:
    """Attributes:
    bundle: LESION_BUNDLE, folder of the model bundle to serve.
    limits: LESION_MAX_UPLOAD_MB (megabytes, 10^6 bytes) and LESION_MAX_MEGAPIXELS (10^6 pixels) of one picture;
        LESION_DECODE_MB (megabytes), memory that decoding it may need;
        LESION_EXTRA_FORMATS, `heic`, `dicom` or both, read beside the usual formats.
    page_pictures: LESION_PAGE_PICTURES, how many pictures the page takes at a time, at most MAX_PAGE_PICTURES.
    page_bytes: LESION_PAGE_UPLOAD_MB (megabytes), of those pictures together.
    queue: LESION_QUEUE, how many requests may wait in a worker for the one that computes.
    queue_seconds: LESION_QUEUE_SECONDS, how long one waits at most.
    held_bytes: LESION_UPLOADS_MB (megabytes), of all uploads that a worker has in memory at a time.
    proxies: LESION_PROXIES, how many fronts stand between a client and here; each adds who sent it to X-Forwarded-For.
    batch_pictures: LESION_BATCH_PICTURES, how many pictures /api/predict/batch takes at a time.
    batch_bytes: LESION_BATCH_UPLOAD_MB (megabytes), of those pictures together.
    api_keys: LESION_API_KEYS, `name:digest` with commas between; who may use the API. Everybody where there are none.
    rate_limit: LESION_RATE_LIMIT, such as 600/minute or `off`: pictures that one client (a key, else an address) may
        have screened in that time.
    rate_store: LESION_RATE_STORE, where they are counted: memory:// in each worker process for itself, or a Redis that
        all of them share.
    cors_origins: LESION_CORS_ORIGINS, whose pages may call the API from a browser. None of another origin by default.
    secret_key: LESION_SECRET_KEY, signs the form's token, the login and what a result page carries, at least 32
        characters. A random one of this process where it is not set; gunicorn.conf.py draws one for all workers.
        Several hosts behind one name need to share one.
    bundle_sha256: LESION_BUNDLE_SHA256, of the manifest of the one bundle that may be served; any where it is empty.
    access: who may come in (app/access/options.py).
    hosts: LESION_HOSTS, names by which clients may call this server; any where there are none.
    hsts_seconds: LESION_HSTS_SECONDS, how long browsers shall use TLS alone; 0 says nothing of it.
    metrics_token: LESION_METRICS_TOKEN, at least 32 characters, who may read /metrics; this machine where it is empty.
    """

    bundle: Path = DEFAULT_BUNDLE
    limits: DecodeLimits = field(default_factory=DecodeLimits)
    page_pictures: int = 20
    page_bytes: int = 60_000_000
    queue: int = 16
    queue_seconds: float = 10
    held_bytes: int = 100_000_000
    proxies: int = 0
    batch_pictures: int = 20
    batch_bytes: int = 60_000_000
    api_keys: tuple[settings.ApiKey, ...] = ()
    rate_limit: str | None = DEFAULT_RATE_LIMIT
    rate_store: str = settings.MEMORY
    cors_origins: tuple[str, ...] = ()
    secret_key: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    bundle_sha256: str = ""
    access: Access = field(default_factory=Access)
    hosts: tuple[str, ...] = ()
    hsts_seconds: int = 0
    metrics_token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Config":
        """Reads the settings.

        Raises:
            SettingRejected: a number is none or out of range, the key is too short, another value cannot be read, or a
                name is that of no setting.
        """
        if refusal := names.unknown(environment):
            raise SettingRejected(refusal)
        defaults = DecodeLimits()
        megabytes = _number(environment, "LESION_MAX_UPLOAD_MB", defaults.max_bytes / 1e6, 0.01, 1000)
        megapixels = _number(environment, "LESION_MAX_MEGAPIXELS", defaults.max_pixels / 1e6, 0.1, MAX_MEGAPIXELS)
        page_megabytes = _number(environment, "LESION_PAGE_UPLOAD_MB", 60, 0.01, 1000)
        batch_megabytes = _number(environment, "LESION_BATCH_UPLOAD_MB", 60, 0.01, 1000)
        return cls(
            bundle=Path(environment.get("LESION_BUNDLE") or DEFAULT_BUNDLE),
            limits=DecodeLimits(
                max_bytes=round(megabytes * 1e6),
                max_pixels=round(megapixels * 1e6),
                decode_bytes=round(
                    1e6 * _number(environment, "LESION_DECODE_MB", defaults.decode_bytes / 1e6, 1, 10_000)
                ),
                extra_formats=_read(environment, "LESION_EXTRA_FORMATS", "", settings.extra_formats),
            ),
            page_pictures=round(_number(environment, "LESION_PAGE_PICTURES", 20, 1, MAX_PAGE_PICTURES)),
            page_bytes=round(page_megabytes * 1e6),
            queue=round(_number(environment, "LESION_QUEUE", 16, 0, 1000)),
            queue_seconds=_number(environment, "LESION_QUEUE_SECONDS", 10, 0, 600),
            held_bytes=round(1e6 * _number(environment, "LESION_UPLOADS_MB", 100, 1, 100_000)),
            proxies=round(_number(environment, "LESION_PROXIES", 0, 0, 10)),
            batch_pictures=round(_number(environment, "LESION_BATCH_PICTURES", 20, 2, MAX_BATCH_PICTURES)),
            batch_bytes=round(batch_megabytes * 1e6),
            api_keys=_read(environment, "LESION_API_KEYS", "", settings.api_keys),
            rate_limit=_read(environment, "LESION_RATE_LIMIT", DEFAULT_RATE_LIMIT, settings.rate_limit),
            rate_store=_read(environment, "LESION_RATE_STORE", settings.MEMORY, settings.rate_store),
            cors_origins=_read(environment, "LESION_CORS_ORIGINS", "", settings.origins),
            secret_key=_read(environment, "LESION_SECRET_KEY", "", settings.secret) or secrets.token_hex(32),
            bundle_sha256=_read(environment, "LESION_BUNDLE_SHA256", "", settings.sha256),
            access=_access(environment),
            hosts=_read(environment, "LESION_HOSTS", "", settings.hosts),
            hsts_seconds=round(_number(environment, "LESION_HSTS_SECONDS", 0, 0, 63_072_000)),
            metrics_token=_read(environment, "LESION_METRICS_TOKEN", "", settings.secret),
        )

    def refuse_small_room(self) -> None:
        """Returns where a server has room for the largest request. Commands hold one picture at a time.

        Raises:
            SettingRejected: it would never have.
        """
        least = 1_000_000 + max(self.limits.max_bytes, self.page_bytes, self.batch_bytes)
        if self.held_bytes < least:
            raise SettingRejected(
                f"LESION_UPLOADS_MB must be at least {least / 1e6:g}, not {self.held_bytes / 1e6:g}: one more than the "
                "largest of LESION_MAX_UPLOAD_MB, LESION_PAGE_UPLOAD_MB and LESION_BATCH_UPLOAD_MB."
            )

    def refuse_open_door(self, hosts: Iterable[str]) -> None:
        """Returns where a server that listens on `hosts` may start.

        Raises:
            SettingRejected: others could reach it, it asks nobody who they are, and nobody said that it may.
        """
        if refusal := self.access.refusal(hosts, proxies=self.proxies, keys=bool(self.api_keys)):
            raise SettingRejected(refusal)


def _access(environment: Mapping[str, str]) -> Access:
    return Access(
        account=_read(environment, "LESION_LOGIN", "", options.account),
        provider=_provider(environment),
        idle_seconds=_number(environment, "LESION_LOGIN_IDLE_MINUTES", 30, 1, 1440) * 60,
        seconds=_number(environment, "LESION_LOGIN_HOURS", 12, 1, 168) * 3600,
        public=_read(environment, "LESION_PUBLIC", "", options.public),
    )


def _provider(environment: Mapping[str, str]) -> options.Provider | None:
    issuer = _read(environment, "LESION_OIDC_ISSUER", "", options.issuer)
    everyone, domains, groups = _read(environment, "LESION_OIDC_ALLOW", "", options.allowed)
    client_id = environment.get("LESION_OIDC_CLIENT_ID") or ""
    client_secret = environment.get("LESION_OIDC_CLIENT_SECRET") or ""
    scope = environment.get("LESION_OIDC_SCOPE") or "openid email profile"
    if not issuer:
        return None
    if not (client_id and client_secret and (everyone or domains or groups)):
        raise SettingRejected(
            "LESION_OIDC_ISSUER needs LESION_OIDC_CLIENT_ID, LESION_OIDC_CLIENT_SECRET and LESION_OIDC_ALLOW beside it."
        )
    if "openid" not in scope.split():
        raise SettingRejected(f"LESION_OIDC_SCOPE must name 'openid', not {scope!r}.")
    return options.Provider(issuer, client_id, client_secret, scope, everyone, domains, groups)


def _number(environment: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = environment.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingRejected(f"{name} must be a number from {low:g} to {high:g}, not {text!r}.")
    return value


def _read(environment: Mapping[str, str], name: str, default: str, reader: Callable[[str], Value]) -> Value:
    try:
        return reader(environment.get(name) or default)
    except ValueError as error:
        raise SettingRejected(f"{name} {error}.") from error
