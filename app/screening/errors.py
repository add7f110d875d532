"""Why the domain refuses: each refusal carries what the user can do about it."""


class RefusedUpload(Exception):
    """An upload that is not screened.

    Attributes:
        reason: a stable word for logs, metrics and clients, such as "too_small".
        title: what is wrong, in a few words.
        advice: a sentence that tells the user what to do.
    """

    reason = "refused"
    title = "The picture cannot be screened"

    def __init__(self, advice: str) -> None:
        super().__init__(advice)
        self.advice = advice


class EmptyUpload(RefusedUpload):
    """No byte arrived."""

    reason = "empty_file"
    title = "The file is empty"


class UploadTooLarge(RefusedUpload):
    """More bytes than the limit."""

    reason = "too_many_bytes"
    title = "The file is too large"


class UnacceptedFormat(RefusedUpload):
    """Not one of the accepted image formats."""

    reason = "unaccepted_format"
    title = "This is not an accepted image format"


class UndecodableImage(RefusedUpload):
    """An accepted format whose contents are damaged or of a kind that has no faithful 8-bit RGB form."""

    reason = "undecodable"
    title = "The picture cannot be read"


class ImageTooSmall(RefusedUpload):
    """A side is shorter than the limit."""

    reason = "too_small"
    title = "The picture is too small"


class ImageTooLarge(RefusedUpload):
    """More pixels than the limit."""

    reason = "too_many_pixels"
    title = "The picture has too many pixels"
