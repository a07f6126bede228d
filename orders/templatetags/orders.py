"""Template tags of orders."""

from django import template
from django.utils.translation import gettext_lazy as _

from orders.forms.address import address_widget
from orders.labels import empty_text, request_title
from orders.models import ChangeKind, ChangeRequest, Shipment
from orders.policies.parcel_way import EXCEPTIONS
from orders.reading import couriers
from orders.selectors.keepers import keeper_of

register = template.Library()

# The words on the button that grants a wish, and on the one that does not.
_GRANTS = {ChangeKind.CANCEL.value: _("同意取消"), ChangeKind.URGENT.value: _("同意加急")}
_REFUSES = {ChangeKind.CANCEL.value: _("来不及取消"), ChangeKind.URGENT.value: _("加急不了")}


register.filter("asks", request_title)


@register.filter
def grant_label(row: ChangeRequest) -> str:
    """The button that grants a request."""
    return str(_GRANTS.get(row.kind, _("同意修改")))


@register.filter
def refuse_label(row: ChangeRequest) -> str:
    """The warehouse's button that says no."""
    return str(_REFUSES.get(row.kind, _("来不及改")))


register.simple_tag(address_widget)
register.simple_tag(keeper_of)


@register.simple_tag
def tracking_url(code: str, number: str) -> str:
    """Where a courier shows a parcel; empty where its number can only be copied."""
    return couriers.tracking_page_url(code, number)


@register.simple_tag
def parcel_tone(state: str) -> str:
    """How much attention a parcel wants where it is."""
    if state in EXCEPTIONS:
        return "danger"
    return "ok" if state == Shipment.State.SIGNED else "info"


@register.filter
def had_value(before: str) -> bool:
    """Whether a field had a value before: an empty one is not shown struck out."""
    return bool(before) and before != empty_text()
