"""A share with its interval, as Markdown."""

from collections.abc import Mapping

Rate = Mapping[str, float]


def decimal(rate: Rate | None) -> str:
    """Such as "0.952 (0.929 to 0.972)"; "-" where there is none."""
    return f"{rate['value']:.3f} ({rate['low']:.3f} to {rate['high']:.3f})" if rate else "-"


def percent(rate: Rate | None) -> str:
    """Such as "4.7% (3.7% to 5.7%)"; "-" where there is none."""
    return f"{rate['value']:.1%} ({rate['low']:.1%} to {rate['high']:.1%})" if rate else "-"
