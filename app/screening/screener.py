"""Screener.screen(bytes) -> Screening: the one way through, for web, API, command line and evaluation."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from app.screening.bundle import BundleRejected, LesionClass, ModelBundle, load_bundle
from app.screening.decision import Assessment, Decision, Prediction, decide
from app.screening.decode import DecodeLimits, Source, decode_upload
from app.screening.errors import RefusedUpload
from app.screening.preprocess import Image, preprocess, working_image
from app.screening.quality import Quality, assess_quality
from app.screening.runtime import ModelRejected, TFLiteModel
from app.screening.saliency import Explanation, explain
from app.screening.words import N_

DISCLAIMER = N_(
    "Research tool, not a medical device. It does not replace an examination: "
    "a suspicious lesion needs a dermatologist, whatever this says."
)
"""Shown with every answer."""

PARITY_TOLERANCE = 1e-3
"""Largest difference of a class probability from the parity samples; fp16 and runtimes differ by 1e-4 at most."""


@dataclass(frozen=True, slots=True)
class ClassProbability:
    """Attributes:
    label: the class.
    probability: calibrated, 0..1; those of all classes add up to 1.
    """

    label: LesionClass
    probability: float


@dataclass(frozen=True, slots=True)
class Screening:
    """The answer to one picture.

    A picture that the gate refuses is `cannot_assess` and has no prediction, confidence, probability or class, so that
    nobody can show one by accident; what the model gave is still there for evaluation.

    Attributes:
        prediction: "benign" or "malignant", the likelier; None where the picture cannot be assessed.
        confidence: its calibrated probability, 0.5..1; None where the picture cannot be assessed.
        p_malignant: calibrated probability of malignancy, 0..1; None where the picture cannot be assessed.
        assessment: "refer" or "low_risk" at the bundle's operating point, None where it has none; "cannot_assess"
            where the gate refuses the picture, operating point or not.
        quality: what is wrong with the picture; None for a bundle without a gate, which knows nothing of it.
        classes: all classes, the likeliest first; empty where the picture cannot be assessed.
        raw_probabilities: float32 (classes,), the model's output before calibration, in the manifest's order.
        features: float32 (D,), the model's pooled features.
        activation_map: float32 (h, w), log-odds: what speaks for malignancy (above 0) and against it where; it covers
            the whole of `image`, which the model sees squashed to a square.
        image: what was decoded, RGB uint8 (H, W, 3), oriented.
        timings_ms: milliseconds of "decode", "preprocess", "inference" and "quality".
        source: what the file was that `image` was decoded from; None where it came decoded.
    """

    prediction: Prediction | None
    confidence: float | None
    p_malignant: float | None
    assessment: Assessment | None
    quality: Quality | None
    classes: tuple[ClassProbability, ...]
    raw_probabilities: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    activation_map: npt.NDArray[np.float32]
    image: npt.NDArray[np.uint8]
    timings_ms: dict[str, float]
    source: Source | None = None


class Screener:
    """Screens pictures with one bundle. Safe to call from any number of threads."""

    def __init__(self, bundle: ModelBundle, limits: DecodeLimits | None = None) -> None:
        """Loads the model and checks it on the bundle's parity samples.

        Raises:
            BundleRejected: the model does not fit its manifest or answers a parity sample differently.
        """
        self.bundle = bundle
        self.limits = limits or DecodeLimits()
        self._malignant = [label.malignant for label in bundle.classes]
        try:
            self._model = TFLiteModel(bundle.model, input_side=bundle.preprocess.output_size, outputs=bundle.outputs)
            self.check_parity()
        except (ModelRejected, RefusedUpload, ValueError, cv2.error) as error:
            raise BundleRejected(f"bundle {bundle.name!r}: model.tflite does not fit its manifest: {error}") from error

    @classmethod
    def from_folder(cls, folder: Path, limits: DecodeLimits | None = None, *, expected: str = "") -> "Screener":
        """Verifies and loads the bundle in `folder`, which has to be the `expected` one (load_bundle). Raises
        BundleRejected.
        """
        return cls(load_bundle(folder, expected), limits)

    def screen(self, upload: bytes) -> Screening:
        """Screens one upload.

        Raises:
            RefusedUpload: the upload is not a picture that can be screened; the subclass says why.
            ModelRejected, ValueError: the model gave no probabilities. Never answered with a class.
        """
        started = time.perf_counter()
        found = decode_upload(upload, self.limits)
        decoded = time.perf_counter()
        screening = self.screen_image(found.image)
        timings = {"decode": (decoded - started) * 1e3, **screening.timings_ms}
        return replace(screening, timings_ms=timings, source=found.source)

    def screen_image(self, image: Image) -> Screening:
        """Screens a picture that is decoded already, RGB uint8 (H, W, 3); its timings lack "decode".

        Raises:
            ModelRejected, ValueError: the model gave no probabilities. Never answered with a class.
        """
        started = time.perf_counter()
        working = working_image(image, self.bundle.preprocess)
        picture = preprocess(working, self.bundle.preprocess)
        prepared = time.perf_counter()
        answer = self._model(picture)
        inferred = time.perf_counter()
        quality = assess_quality(image, working, answer.features, self.bundle.gate)
        judged = time.perf_counter()
        decision = decide(answer.probabilities, self._malignant, self.bundle.calibration)
        assessable = quality is None or quality.assessable
        point = self.bundle.operating_point
        assessment: Assessment | None = "cannot_assess"
        if assessable:
            assessment = point.assess(decision.p_malignant) if point else None
        return Screening(
            prediction=decision.prediction if assessable else None,
            confidence=decision.confidence if assessable else None,
            p_malignant=decision.p_malignant if assessable else None,
            assessment=assessment,
            quality=quality,
            classes=self._ranked(decision) if assessable else (),
            raw_probabilities=answer.probabilities,
            features=answer.features,
            activation_map=answer.activation_map,
            image=image,
            timings_ms={
                "preprocess": (prepared - started) * 1e3,
                "inference": (inferred - prepared) * 1e3,
                "quality": (judged - inferred) * 1e3,
            },
        )

    def explain(self, screening: Screening) -> Explanation:
        """What an answer rests on: asked only where it is shown, since it runs the stages a second time."""
        threshold = point.threshold if (point := self.bundle.operating_point) else 0.5
        suspicious = screening.p_malignant is not None and screening.p_malignant >= threshold
        return explain(screening.image, screening.activation_map, self.bundle.preprocess, suspicious=suspicious)

    def check_parity(self) -> None:
        """Answers the bundle's parity samples.

        Raises:
            BundleRejected: there are none, or an answer is more than PARITY_TOLERANCE away from training's.
        """
        if not self.bundle.parity:
            raise BundleRejected(f"bundle {self.bundle.name!r} has no parity sample, so that it cannot be checked")
        for sample in self.bundle.parity:
            # Not self.screen: what a subclass adds for patients' pictures is not for these.
            found = Screener.screen(self, sample.upload).raw_probabilities
            if found.shape != (len(sample.probabilities),):
                raise BundleRejected(f"bundle {self.bundle.name!r}: a parity sample has the wrong number of classes")
            worst = float(np.abs(found - np.asarray(sample.probabilities)).max())
            if not worst <= PARITY_TOLERANCE:  # so that NaN fails too
                raise BundleRejected(
                    f"bundle {self.bundle.name!r}: model.tflite answers a parity sample {worst:.4f} away from what "
                    f"training computed (at most {PARITY_TOLERANCE}); the model or the preprocessing is another one"
                )

    def _ranked(self, decision: Decision) -> tuple[ClassProbability, ...]:
        classes = (
            ClassProbability(label, probability)
            for label, probability in zip(self.bundle.classes, decision.class_probabilities, strict=True)
        )
        return tuple(sorted(classes, key=lambda entry: -entry.probability))
