"""A field of a form for a picture that everybody will see."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from shopcomm.core.pictures.uploads import PictureRefused, drawn_anew


class PictureField(forms.FileField):
    """A picture, drawn anew by a process of its own. Not Django's image field, which decodes in this one."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = super().clean(data, initial)
        if not isinstance(given, UploadedFile):
            return given
        try:
            return drawn_anew(given)
        except PictureRefused as error:
            raise ValidationError(str(error)) from error
