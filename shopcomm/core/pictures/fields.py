"""A field of a form for a picture that everybody will see."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.widgets import Script
from django.templatetags.static import static

from shopcomm.core.pictures.uploads import PictureRefused, redrawn_picture

# What a page with such a field asks for; it makes pictures smaller before they are sent.
REDUCES = Script("js/lib/reduced_field.js", type="module")


class ReducedBy:
    """The address of the module, looked up when the field is shown: files may be collected after this is read."""

    def __str__(self) -> str:
        return static("js/lib/reduced.js")


class PictureField(forms.FileField):
    """A picture, re-encoded by a separate process. Not Django's image field, which decodes in this one."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """What tells the page's script of the field."""
        return super().widget_attrs(widget) | {"data-reduced-by": ReducedBy(), "accept": "image/*"}

    def clean(self, data: Any, initial: Any = None) -> Any:
        given = super().clean(data, initial)
        if not isinstance(given, UploadedFile):
            return given
        try:
            return redrawn_picture(given)
        except PictureRefused as error:
            raise ValidationError(str(error)) from error
