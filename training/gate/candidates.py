"""Ways to say how unlike the training pictures a picture is; each is measured, and one is chosen."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from app.screening.signs import SIGNS, Floats
from training.gate.measure import Measured
from training.gate.regions import distances, fit_region

Score = Callable[[Measured], Floats]
"""From N pictures to float (N,), the larger the less alike."""

SEED = 1
CENTRES, MIXTURES = 256, 8

LIGHT_SIGNS = ("shorter_side", "brightness", "clipped")
"""Of how a photo was taken, not of what it shows: they warn and are no part of the region."""

MEASURED_SIGNS = tuple(name for name in SIGNS if name != "shorter_side")
CHOSEN_SIGNS = tuple(name for name in SIGNS if name not in LIGHT_SIGNS)


def candidates(train: Measured, variations: Measured, labels: npt.NDArray[np.int64]) -> dict[str, Score]:
    """All of them, fitted on training pictures alone.

    Args:
        train: the training part.
        variations: of pictures of the training part.
        labels: int (N,), the class of each picture of `train`.
    """
    both = train + variations
    means = np.stack([train.features[labels == label].mean(axis=0) for label in np.unique(labels)])
    rows = np.searchsorted(np.unique(labels), labels)
    tied = fit_region(train.features, means[rows])
    features, signs = fit_region(train.features), fit_region(train.columns(MEASURED_SIGNS))
    varied_features, varied_signs = fit_region(both.features), fit_region(both.columns(CHOSEN_SIGNS))
    jointly = fit_region(np.hstack([both.features, both.columns(CHOSEN_SIGNS)]))

    def nearest_class(found: Measured) -> Floats:
        whitened = found.features @ tied.whitening.T
        return np.asarray(cdist(whitened, means @ tied.whitening.T).min(axis=1))

    def relative(found: Measured) -> Floats:
        return nearest_class(found) ** 2 - distances(features, found.features) ** 2

    return {
        "features: Mahalanobis to the nearest class (Lee et al. 2018)": nearest_class,
        "features: Mahalanobis to the mean": lambda found: distances(features, found.features),
        "features: relative Mahalanobis (Ren et al. 2021)": relative,
        f"features: nearest of {CENTRES} centres, unit length (as Sun et al. 2022)": _nearest_centre(train),
        "probabilities: 1 less the largest (Hendrycks, Gimpel 2017)": lambda found: (
            1 - np.asarray(found.probabilities.max(axis=1), np.float64)
        ),
        "signs: Mahalanobis, light too, pictures as they are": lambda found: distances(
            signs, found.columns(MEASURED_SIGNS)
        ),
        f"signs: mixture of {MIXTURES} Gaussians": _mixture(both),
        SIGNS_REGION: lambda found: distances(varied_signs, found.columns(CHOSEN_SIGNS)),
        FEATURES_REGION: lambda found: distances(varied_features, found.features),
        "features and signs: one Mahalanobis, with variations": lambda found: distances(
            jointly, np.hstack([found.features, found.columns(CHOSEN_SIGNS)])
        ),
    }


SIGNS_REGION = "signs: Mahalanobis, with variations"
FEATURES_REGION = "features: Mahalanobis to the mean, with variations"


def _nearest_centre(train: Measured) -> Score:
    def unit(found: Measured) -> Floats:
        return np.asarray(found.features / np.maximum(np.linalg.norm(found.features, axis=1, keepdims=True), 1e-9))

    directions = unit(train)
    count = min(CENTRES, len(train))
    centres = KMeans(count, n_init=1, random_state=SEED).fit(directions).cluster_centers_
    return lambda found: np.asarray(cdist(unit(found), centres).min(axis=1))


def _mixture(both: Measured) -> Score:
    values = both.columns(CHOSEN_SIGNS)
    mean, spread = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-6)
    mixture = GaussianMixture(min(MIXTURES, len(values)), reg_covar=1e-2, random_state=SEED)
    mixture.fit((values - mean) / spread)
    return lambda found: -np.asarray(mixture.score_samples((found.columns(CHOSEN_SIGNS) - mean) / spread))
