"""Where the training pictures lie, so that a picture that lies elsewhere is refused: what a bundle keeps for it."""

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.screening.signs import SIGNS, Floats

GATE_FILE = "gate.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """An ellipsoid around the training pictures: Mahalanobis' distance to their mean, with one covariance.

    Lee et al. 2018 ("A Simple Unified Framework for Detecting Out-of-Distribution Samples") measure it to the nearest
    class; training/gate compares that with the one mean that is kept here.

    Attributes:
        mean: float64 (D,).
        whitening: float64 (d, D), d <= D; the distance of x is the length of whitening (x - mean).
        limit: distance at which a picture is refused.
    """

    mean: Floats
    whitening: Floats
    limit: float

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.whitening.ndim != 2 or self.whitening.shape[1:] != self.mean.shape:
            raise ValueError(f"a mean (D,) and a whitening (d, D), not {self.mean.shape} and {self.whitening.shape}")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.whitening).all() and 0 < self.limit < math.inf):
            raise ValueError("a region of the gate is finite and has a limit above 0")

    def unlikeness(self, values: Floats) -> float:
        """Distance of values (D,) in units of the limit."""
        # Not `@`: OpenBLAS would spread so small a product over threads that then wait for more, spinning, for
        # milliseconds, on the cores that other requests compute on.
        return float(np.linalg.norm(np.einsum("ij,j->i", self.whitening, values - self.mean))) / self.limit


@dataclass(frozen=True, slots=True)
class WarningLimit:
    """Attributes:
    code: of the warning.
    sign: one of SIGNS.
    below, above: what the sign must fall below or exceed to warn; None for no limit on that side.
    """

    code: str
    sign: str
    below: float | None = None
    above: float | None = None

    def exceeded(self, signs: Floats) -> bool:
        """Whether signs (len(SIGNS),) warn."""
        value = signs[SIGNS.index(self.sign)]
        return bool((self.below is not None and value < self.below) or (self.above is not None and value > self.above))


@dataclass(frozen=True, slots=True, eq=False)
class QualityGate:
    """Attributes:
    sign_names: which of SIGNS the region of the signs is about.
    signs: region of those.
    features: region of the model's pooled features after `compressed`.
    warnings: limits of single signs, which warn and refuse nothing.
    """

    sign_names: tuple[str, ...]
    signs: Region
    features: Region
    warnings: tuple[WarningLimit, ...]

    def unlikeness(self, signs: Floats, features: npt.NDArray[np.float32]) -> float:
        """How unlike the training pictures a picture is: 0 and more, refused above 1.

        Args:
            signs: float64 (len(SIGNS),), from `measure_signs`.
            features: float32 (D,), the model's.
        """
        chosen = signs[[SIGNS.index(name) for name in self.sign_names]]
        # numpy's maximum keeps NaN, which Python's would drop.
        return float(np.maximum(self.signs.unlikeness(chosen), self.features.unlikeness(compressed(features))))

    @classmethod
    def from_manifest(cls, entry: Mapping[str, Any], content: bytes, features: int) -> "QualityGate":
        """Reads a manifest's `gate` and the arrays of its file.

        Args:
            entry: of the manifest.
            content: of GATE_FILE.
            features: length of the model's.

        Raises:
            ValueError, KeyError, TypeError: they do not fit each other or this version.
        """
        if not zipfile.is_zipfile(io.BytesIO(content)):
            raise ValueError(f"{GATE_FILE} holds no arrays")
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                found = {name: arrays[name].astype(np.float64) for name in arrays.files}
        except zipfile.BadZipFile as error:
            raise ValueError(f"{GATE_FILE} is damaged: {error}") from error
        limits = tuple(WarningLimit(**limit) for limit in entry["warnings"])
        names = tuple(entry["signs"]["names"])
        unknown = sorted({*names, *(limit.sign for limit in limits)} - set(SIGNS))
        if unknown:
            raise ValueError(f"the gate asks for signs that this version does not measure: {unknown}")
        regions = {
            part: Region(found[f"{part}_mean"], found[f"{part}_whitening"], float(entry[part]["limit"]))
            for part in ("signs", "features")
        }
        gate = cls(names, regions["signs"], regions["features"], limits)
        if (len(gate.signs.mean), len(gate.features.mean)) != (len(names), features):
            raise ValueError(f"the gate's arrays are not for {len(names)} signs and {features} features")
        return gate


def compressed(features: npt.NDArray[np.float32]) -> Floats:
    """Square roots of features (..., D), signs kept: pooled activations have long tails, of which roots have less."""
    values = np.asarray(features, dtype=np.float64)
    return np.asarray(np.sign(values) * np.sqrt(np.abs(values)))
