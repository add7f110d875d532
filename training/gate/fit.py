"""Fits a bundle's gate: regions on training pictures, limits on validation pictures, compared on the development set.

The limits refuse REFUSED_SHARE of the validation pictures, FEATURES_SHARE by the features alone and the rest by the
signs. The features have a small share since they tell less than the signs do; what they refuse is what the model itself
has never seen the like of.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.screening.gate import GATE_FILE, Region
from app.screening.quality import WARNINGS
from app.screening.screener import Screener
from app.screening.signs import SIGNS, Floats
from training.bundles import read_manifest, write_manifest
from training.datasets.images import read_image
from training.datasets.parts import labels
from training.datasets.records import LesionRecord
from training.datasets.schemes import SCHEMES
from training.gate.candidates import CHOSEN_SIGNS, FEATURES_REGION, SIGNS_REGION, Score, candidates
from training.gate.measure import Measured, measure, varied
from training.gate.regions import as_kept, distances, fit_region, limit_for
from training.non_lesions.development import development_set

REFUSED_SHARE = 0.03
FEATURES_SHARE = 0.005
WARNED_SHARE = 0.01
"""Of the training pictures that one warning is given for."""

WARNED_BELOW = {
    "blurred": "detail_1",
    "too_dark": "brightness",
    "low_contrast": "contrast",
    "small_picture": "shorter_side",
}
WARNED_ABOVE = {"too_bright": "clipped", "cut_off": "dark_frame"}
"""{code of the warning: sign}."""

VARIED_EVERY = 2
"""Every so many-th training picture has a variation to fit on, every so many-th validation picture one to test on."""

SEED = 1


def fit_gate(
    folder: Path,
    train: Sequence[LesionRecord],
    validation: Sequence[LesionRecord],
    others: Mapping[str, Sequence[LesionRecord]],
) -> dict[str, Any]:
    """Writes the gate into a bundle: its arrays, and the manifest's `gate`. Metrics measured before are dropped.

    Args:
        folder: of the bundle.
        train, validation: those parts.
        others: {name: real dermoscopic pictures of another data set}, to see what generalises; may be empty.

    Returns:
        The manifest's `gate`.
    """
    manifest = read_manifest(folder)
    screener = Screener.from_folder(folder)
    scheme = SCHEMES[manifest["training"]["recipe"]["scheme"]]
    trained = _measured(screener, train, "training part")
    variations = _variations(screener, train)
    held_out = _measured(screener, validation, "validation part")
    drawn = {
        kind: measure(screener, pictures, len(pictures), f"non-lesions: {kind}")
        for kind, pictures in development_set().items()
    }
    real = {"variations": _variations(screener, validation)}
    real |= {name: _measured(screener, records, name) for name, records in others.items() if records}
    scores = candidates(trained, variations, labels(train, scheme))
    gate = _gate(trained + variations, held_out)
    compared = [_compared(name, score, held_out, drawn, real) for name, score in scores.items()]
    signs, features = scores[SIGNS_REGION], scores[FEATURES_REGION]

    def larger(found: Measured) -> Floats:
        return np.maximum(
            signs(found) / gate["signs"].limit,
            features(found) / gate["features"].limit,
        )

    compared.append(_compared("**the larger of the two, each by its limit (ships)**", larger, held_out, drawn, real))
    np.savez(
        folder / GATE_FILE,
        **{
            f"{part}_{name}": getattr(region, name).astype(np.float32)
            for part, region in gate.items()
            for name in ("mean", "whitening")
        },
    )
    manifest["gate"] = {
        "signs": {"names": list(CHOSEN_SIGNS), "limit": gate["signs"].limit},
        "features": {"limit": gate["features"].limit},
        "warnings": _warnings(trained.signs),
        "fitted_on": {"train": len(train), "variations": len(variations)},
        "chosen_on": {
            "validation": len(held_out),
            "refused": REFUSED_SHARE,
            "non_lesions": {kind: len(found) for kind, found in drawn.items()},
            "real": {name: len(found) for name, found in real.items()},
        },
        "compared": compared,
    }
    manifest["metrics"] = {}
    write_manifest(folder, manifest)
    entry: dict[str, Any] = manifest["gate"]
    return entry


def _gate(fitted: Measured, held_out: Measured) -> dict[str, Region]:
    features, signs = fit_region(fitted.features), fit_region(fitted.columns(CHOSEN_SIGNS))
    by_features, by_signs = distances(features, held_out.features), distances(signs, held_out.columns(CHOSEN_SIGNS))
    features_limit = limit_for(by_features, int(FEATURES_SHARE * len(held_out)))
    inside = by_features <= features_limit
    left = int(REFUSED_SHARE * len(held_out)) - int((~inside).sum())
    return {
        "signs": Region(signs.mean, signs.whitening, limit_for(by_signs[inside], left)),
        "features": Region(features.mean, features.whitening, features_limit),
    }


def _warnings(signs: Floats) -> list[dict[str, Any]]:
    """The limits of single signs, from those of the training pictures (N, len(SIGNS)), in the order of WARNINGS."""
    found = {
        code: {"code": code, "sign": sign, side: float(as_kept(np.quantile(signs[:, SIGNS.index(sign)], share)))}
        for side, table, share in (("below", WARNED_BELOW, WARNED_SHARE), ("above", WARNED_ABOVE, 1 - WARNED_SHARE))
        for code, sign in table.items()
    }
    return [found[code] for code in WARNINGS if code in found]


def _compared(
    name: str, score: Score, held_out: Measured, drawn: Mapping[str, Measured], real: Mapping[str, Measured]
) -> dict[str, Any]:
    """What a score refuses at the limit at which it refuses REFUSED_SHARE of the validation part."""
    expected = score(held_out)
    limit = limit_for(expected, int(REFUSED_SHARE * len(held_out)))
    kinds = {kind: float((score(found) > limit).mean()) for kind, found in drawn.items()}
    return {
        "name": name,
        "validation": float((expected > limit).mean()),
        "non_lesions": float(np.mean(list(kinds.values()))),
        "least": min(kinds.items(), key=lambda row: row[1]),
        "real": {kind: float((score(found) > limit).mean()) for kind, found in real.items()},
    }


def _measured(screener: Screener, records: Sequence[LesionRecord], what: str) -> Measured:
    return measure(screener, (read_image(record.image_path) for record in records), len(records), what)


def _variations(screener: Screener, records: Sequence[LesionRecord]) -> Measured:
    random, side = np.random.default_rng(SEED), screener.bundle.preprocess.working_size
    chosen = records[::VARIED_EVERY]
    images = (varied(read_image(record.image_path), side, random) for record in chosen)
    return measure(screener, images, len(chosen), "variations")
