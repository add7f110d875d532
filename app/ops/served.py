"""The Screener as it is served: each picture waits for its turn, is watched, timed, counted, and noted for the log."""

from dataclasses import dataclass, field

from flask import g, has_request_context

from app.ops import metrics
from app.ops.stalls import computing
from app.ops.turns import take_turn
from app.screening.errors import RefusedUpload
from app.screening.saliency import Explanation
from app.screening.screener import Screener, Screening


@dataclass(frozen=True, slots=True)
class Seen:
    """What may be written down of a picture: no name, no metadata, no pixel.

    Attributes:
        size: of the file, bytes.
        file_format, pixels: of the picture; None where it was refused.
        assessment: `refer`, `low_risk`, `cannot_assess`; None where there is none.
        reason: why it was refused; None where it was not.
        milliseconds: by part.
    """

    size: int
    file_format: str | None = None
    pixels: int | None = None
    assessment: str | None = None
    reason: str | None = None
    milliseconds: dict[str, float] = field(default_factory=dict)


class ServedScreener(Screener):
    """A Screener for requests; outside of one it is a plain Screener."""

    def screen(self, upload: bytes) -> Screening:
        """Screens one upload when it is this request's turn.

        Raises:
            Busy: too many requests wait already.
            RefusedUpload, ModelRejected, ValueError: as Screener does.
        """
        take_turn()
        try:
            with computing():
                screening = super().screen(upload)
        except RefusedUpload as refusal:
            _note(Seen(len(upload), reason=refusal.reason))
            raise
        for part, duration in screening.timings_ms.items():
            metrics.PART_SECONDS.labels(part).observe(duration / 1e3)
        metrics.ASSESSMENTS.labels(screening.assessment or "none").inc()
        source = screening.source
        _note(
            Seen(
                len(upload),
                source.file_format if source else None,
                source.pixels if source else None,
                screening.assessment,
                milliseconds=screening.timings_ms,
            )
        )
        return screening

    def explain(self, screening: Screening) -> Explanation:
        """As Screener does."""
        with computing():
            return super().explain(screening)

    def check_parity(self) -> None:
        """As Screener does."""
        with computing():
            super().check_parity()


def seen_pictures() -> list[Seen]:
    """The pictures of this request, in the order in which they were screened."""
    pictures: list[Seen] = g.setdefault("seen", [])
    return pictures


def _note(seen: Seen) -> None:
    if has_request_context():
        seen_pictures().append(seen)
