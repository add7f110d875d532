"""Why the domain refuses: each refusal carries what the user can do about it."""

from app.screening.words import N_


class RefusedUpload(Exception):
    """An upload that is not screened.

    Attributes:
        reason: a stable word for logs, metrics and clients, such as "too_small".
        title: what is wrong, in a few words.
        text: a sentence that tells the user what to do, with %(name)s where a value of `values` belongs. Apart, so
            that the sentence can be translated.
        values: for the text.
    """

    reason = "refused"
    title = N_("The picture cannot be screened")

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text % values)
        self.text = text
        self.values = values

    @property
    def advice(self) -> str:
        """The text with its values, in English."""
        return self.text % self.values


class EmptyUpload(RefusedUpload):
    """No byte arrived."""

    reason = "empty_file"
    title = N_("The file is empty")


class UploadTooLarge(RefusedUpload):
    """More bytes than the limit."""

    reason = "too_many_bytes"
    title = N_("The file is too large")


class UnacceptedFormat(RefusedUpload):
    """Not one of the accepted image formats."""

    reason = "unaccepted_format"
    title = N_("This is not an accepted image format")


class UndecodableImage(RefusedUpload):
    """An accepted format whose contents are damaged or of a kind that has no faithful 8-bit RGB form."""

    reason = "undecodable"
    title = N_("The picture cannot be read")


class ImageTooSmall(RefusedUpload):
    """A side is shorter than the limit."""

    reason = "too_small"
    title = N_("The picture is too small")


class ImageTooLong(RefusedUpload):
    """One side is many times as long as the other: no photo of a lesion, and squashed to a square nothing at all."""

    reason = "too_long"
    title = N_("The picture is far longer than wide")


class ImageTooLarge(RefusedUpload):
    """More pixels than the limit."""

    reason = "too_many_pixels"
    title = N_("The picture has too many pixels")
