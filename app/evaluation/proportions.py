"""A share of independent pictures and its 95 % interval."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Z = NormalDist().inv_cdf(0.975)


def wilson(successes: int, of: int) -> dict[str, float]:
    """A share and its score interval (Wilson 1927), which Brown, Cai and DasGupta 2001 recommend.

    Unlike a bootstrap's it has a width where the share is 0 or 1.

    Args:
        successes: 0..of.
        of: number of independent cases, at least 1.

    Returns:
        {"value", "low", "high"}, all 0..1.
    """
    share, z2 = successes / of, Z * Z / of
    middle = (share + z2 / 2) / (1 + z2)
    half = Z / (1 + z2) * (share * (1 - share) / of + z2 / (4 * of)) ** 0.5
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == of else middle + half
    return {"value": share, "low": max(0.0, low), "high": min(1.0, high)}


def of_groups(
    found: Mapping[str, float], of: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_], groups: Sequence[str]
) -> dict[str, float]:
    """A share of pictures that belong together, with its interval.

    Args:
        found: {"value", "low", "high"} of a bootstrap over the groups.
        of: bool (N,), the pictures that are counted; all of them are in `among`.
        among: bool (N,), those among which they are, at least one.
        groups: N names.

    Returns:
        `found`; for a share of 0 or 1 Wilson's interval with each group for one case, since a bootstrap of cases that
        are all alike has no width.
    """
    if 0 < found["value"] < 1:
        return dict(found)
    cases = len({name for name, one in zip(groups, among, strict=True) if one})
    return wilson(cases if of.any() else 0, cases)
