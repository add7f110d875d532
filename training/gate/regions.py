"""Regions in which pictures lie, and limits that refuse a chosen share of them."""

import numpy as np
from sklearn.covariance import LedoitWolf

from app.screening.gate import Region
from app.screening.signs import Floats

MOST_DIRECTIONS = 128
"""Of a whitening: a network with more features is measured along those in which they differ most."""


def fit_region(values: Floats, means: Floats | None = None) -> Region:
    """The ellipsoid of values (N, D), with the covariance of Ledoit, Wolf 2004, and a limit of 1.

    Args:
        values: to be fitted on.
        means: (N, D), what each is measured from, such as the mean of its class; the mean of all where None.
    """
    mean = values.mean(axis=0)
    apart = values - (mean if means is None else means)
    spread = np.maximum(apart.std(axis=0), 1e-6)
    covariance = LedoitWolf(assume_centered=True).fit(apart / spread).covariance_
    variances, directions = np.linalg.eigh(covariance)
    chosen = np.argsort(variances)[::-1][:MOST_DIRECTIONS]
    whitening = (directions[:, chosen] / np.sqrt(variances[chosen])).T / spread
    # As they are kept in the bundle, so that limits are of the very same distances.
    return Region(as_kept(mean), as_kept(whitening), 1.0)


def as_kept(values: Floats) -> Floats:
    """Rounded to float32, as in the bundle's file."""
    return values.astype(np.float32).astype(np.float64)


def distances(region: Region, values: Floats) -> Floats:
    """Distance (N,) of values (N, D) to the region's mean, whatever its limit."""
    return np.asarray(np.linalg.norm((values - region.mean) @ region.whitening.T, axis=1))


def limit_for(scores: Floats, refused: int) -> float:
    """The lowest limit that at most `refused` of the scores (N,) exceed."""
    return float(np.sort(scores)[::-1][min(refused, len(scores) - 1)])
