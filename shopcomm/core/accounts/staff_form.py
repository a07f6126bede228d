"""The form of a member of staff in the admin."""

from typing import Any

from django.utils.translation import gettext as _
from unfold.forms import UnfoldReadOnlyPasswordHashWidget, UserChangeForm


class PasswordIsSet(UnfoldReadOnlyPasswordHashWidget):
    """Says that there is a password: how it is stored is of no use to anybody who runs a shop."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        if any(entry.get("value") for entry in context["summary"]):
            context["summary"] = [{"label": _("设好了")}]
        return context


class StaffForm(UserChangeForm):
    """A member of staff, whose password is set on a page of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget = PasswordIsSet()
