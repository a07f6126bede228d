"""What managers type about the shop itself."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from shopcomm.core.pictures.uploads import PictureRefused, drawn_anew


class LogoField(forms.FileField):
    """The shop's sign, or its code to pay with, drawn anew by a process of its own.

    Not Django's image field, which decodes in this one.
    """

    def __init__(self, **kwargs: Any) -> None:
        shown: dict[str, Any] = {"label": _("店标"), "required": False} | kwargs
        super().__init__(**shown)

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = super().clean(data, initial)
        if not isinstance(given, UploadedFile):
            return given
        try:
            return drawn_anew(given)
        except PictureRefused as error:
            raise ValidationError(str(error)) from error
