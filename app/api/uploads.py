"""The one picture of a request: a file in a form, or the whole body."""

from flask import request

from app.ops.faults import UnacceptedBody
from app.ops.requests import read_upload

FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})
PICTURES = ("image/", "application/dicom")
"""Beginnings of the Content-Types of a body that is a picture. What it really is, its bytes say."""


def read_picture() -> bytes:
    """The picture.

    Raises:
        UnacceptedBody: the body says that it is something else.
        MissingUpload, SeveralUploads, RequestEntityTooLarge: as for a form.
    """
    kind = request.mimetype
    if kind.startswith(PICTURES):
        return request.get_data(cache=False)
    if kind and kind not in FORMS:
        raise UnacceptedBody
    return read_upload()
