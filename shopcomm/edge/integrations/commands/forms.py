"""What a connection's page asks about who decides what is changed of its orders."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shopcomm.edge.integrations.commands.selectors import endpoints_for_commands
from shopcomm.edge.integrations.keeping import Keeping, keeping_of
from shopcomm.edge.integrations.models import Connection


class KeepingForm(forms.Form):
    """Who keeps the orders, as a manager sets it."""

    decides = forms.BooleanField(label=_("订单由对方系统管理，修改由它决定"), required=False)
    by_hand = forms.BooleanField(label=_("销售可以在这里代它答复"), required=False)
    endpoint = forms.TypedChoiceField(
        label=_("修改指令推送到"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("这里列出订阅了 order.change_requested 的推送地址；它收到的指令带完整的电话和地址"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(each.pk, each.description or each.url) for each in endpoints_for_commands()]
        field = self.fields["endpoint"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("不推送，对方自己来取")), *found]
        field.widget.attrs["class"] = "input"

    def wanted(self) -> Keeping:
        """What is asked for."""
        return Keeping(**self.cleaned_data)


def keeping_context(connection: Connection) -> dict[str, Any]:
    """The form of a connection, for its page."""
    return {"keeping": KeepingForm(initial=vars(keeping_of(connection)))}
