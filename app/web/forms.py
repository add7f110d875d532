"""The form of the start page."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SubmitField


class UploadForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """One picture. What may be in it is decided where it is decoded, for pages and API alike."""

    image = FileField("Photo of the lesion")
    submit = SubmitField("Screen this photo")
