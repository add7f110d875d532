"""A share of independent pictures and its 95 % interval."""

from statistics import NormalDist

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
