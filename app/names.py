"""Names of settings. One that is misspelt would otherwise be ignored in silence, and its default hold instead."""

from collections.abc import Iterable
from difflib import get_close_matches

PREFIX = "LESION_"
SETTINGS = frozenset(
    PREFIX + name
    for name in (
        "API_KEYS", "BATCH_PICTURES", "BATCH_UPLOAD_MB", "BUNDLE", "BUNDLE_SHA256", "CORS_ORIGINS", "DECODE_MB",
        "DRAIN_SECONDS", "EXTRA_FORMATS", "HOSTS", "HSTS_SECONDS", "LOGIN", "LOGIN_HOURS", "LOGIN_IDLE_MINUTES",
        "MAX_MEGAPIXELS", "MAX_UPLOAD_MB", "METRICS_TOKEN", "MIN_RATE_KB", "OIDC_ALLOW", "OIDC_CLIENT_ID",
        "OIDC_CLIENT_SECRET", "OIDC_ISSUER", "OIDC_SCOPE", "PAGE_PICTURES", "PAGE_UPLOAD_MB", "PROXIES", "PUBLIC",
        "QUEUE", "QUEUE_SECONDS", "RATE_LIMIT", "RATE_STORE", "SECRET_KEY", "UPLOADS_MB",
    )
)  # fmt: skip
"""Those of docs/operations.md."""

OTHERS = frozenset(
    PREFIX + name
    for name in (
        "STOPPING_FILE", "DATA_ROOT", "WEIGHTS_ROOT", "ABLATION_STORAGE", "RECORD", "PICTURES", "FUZZ_SECONDS",
    )
)  # fmt: skip
"""What the server sets itself, and what training, tests and measurements read."""

OF_A_CLUSTER = PREFIX + "SCREENING_"
"""So begin the addresses that Kubernetes and Docker put into the environment for a service `lesion-screening`."""


def unknown(names: Iterable[str]) -> str:
    """What is wrong with names of environment variables, in a sentence; empty where nothing is."""
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in SETTINGS | OTHERS and not name.startswith(OF_A_CLUSTER):
            # Without the prefix, which alone would make all of them alike.
            meant = get_close_matches(name.removeprefix(PREFIX), [known.removeprefix(PREFIX) for known in SETTINGS], 1)
            rest = f"is {PREFIX}{meant[0]} meant?" if meant else "docs/operations.md has them all."
            return f"{name} is no setting; {rest}"
    return ""
