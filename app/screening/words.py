"""Sentences that users read, marked so that translators find them."""


def N_(text: str) -> str:  # noqa: N802  # the name that gettext's tools know
    """The text itself; pybabel collects what stands in its calls."""
    return text
