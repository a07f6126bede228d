"""Labels of an order's fields and values."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.models import ChangeKind, ChangeRequest, ShortageTask, Status
from shopcomm.core.phones import written_phone
from shopcomm.core.text import HOME_CURRENCY, written_money

# What an address is called outside, and on the order.
RECEIVER = {
    "name": "receiver_name",
    "phone": "receiver_phone",
    "province": "province",
    "city": "city",
    "district": "district",
    "street": "street",
}
FIELDS: dict[str, str | Promise] = {
    "status": gettext_lazy("状态"),
    "receiver_name": gettext_lazy("收货人"),
    "receiver_phone": gettext_lazy("收货电话"),
    "province": gettext_lazy("省"),
    "city": gettext_lazy("市"),
    "district": gettext_lazy("区县"),
    "street": gettext_lazy("详细地址"),
    "urgent": gettext_lazy("加急"),
    "note": gettext_lazy("备注"),
    "items": gettext_lazy("商品"),
    "deliver_on": gettext_lazy("送货日期"),
    "assigned_to": gettext_lazy("负责人"),
    "discount": gettext_lazy("优惠"),
    "shipping_fee": gettext_lazy("运费"),
    "total": gettext_lazy("应付"),
    "reason": gettext_lazy("原因"),
    "hold_reason": gettext_lazy("暂停"),
}

# The colour of each status, as `static/css/components/tag.css` names it.
STATUS_COLOURS: dict[str, str] = {
    Status.PENDING_PAYMENT: "st-pending",
    Status.PAID: "st-paid",
    Status.PICKING: "st-picking",
    Status.SHIPPED: "st-shipped",
    Status.DELIVERED: "st-delivered",
    Status.COMPLETED: "st-done",
    Status.REFUNDING: "st-refunding",
    Status.REFUNDED: "st-refunded",
    Status.CANCELLED: "st-done",
}

# Logged as plain numbers.
SUMS = frozenset({"discount", "shipping_fee", "total"})

# What each wish is called; any other is “change of …”.
ASKS = {
    ChangeKind.CANCEL.value: gettext_lazy("申请取消订单"),
    ChangeKind.URGENT.value: gettext_lazy("申请加急"),
}


def request_title(row: ChangeRequest) -> str:
    """What a request wants, as a heading."""
    return str(ASKS.get(row.kind) or _("申请修改%(kind)s") % {"kind": row.get_kind_display()})


def sort_fields(fields: Iterable[str]) -> list[str]:
    """Fields in the order of the order page: name, phone, province, city, …"""
    places = {field: place for place, field in enumerate(FIELDS)}
    return sorted(fields, key=lambda field: places.get(field, len(places)))


def field_label(field: str) -> str:
    """The name of a field as staff say it."""
    return str(FIELDS.get(field, field))


def status_label(status: str) -> str:
    """The name of a status; empty for a new order's."""
    return str(Status(status).label) if status else ""


def status_colour(status: str) -> str:
    """The class that colours what is shown of an order's status."""
    return STATUS_COLOURS[str(status)]


def empty_text() -> str:
    """What stands where a field was empty."""
    return _("（无）")


def field_text(
    field: str,
    value: Any,
    *,
    priced: bool = False,
    names: Mapping[str, str] | None = None,
    currency: str = HOME_CURRENCY,
) -> str:
    """A logged value as people read it.

    `priced`: each line with its price. `names`: what the goods are called, by SKU. `currency` is the order's.
    """
    if field == "deliver_on" and not value:
        return _("尽快")
    if value is None or value == "" or value == []:
        return empty_text()
    if field in SUMS:
        return written_money(value, currency)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if field == "items":
        return _("，").join(_line_text(row, priced=priced, names=names or {}) for row in value)
    # A masked one is written as it is to be read.
    return written_phone(value) if field == "receiver_phone" and "*" not in str(value) else str(value)


def _line_text(row: dict[str, Any], *, priced: bool, names: Mapping[str, str]) -> str:
    text = f"{names.get(row['sku'], row['sku'])} ×{row['quantity']}"
    return f"{text} @{row['unit_price']}" if priced and row.get("unit_price") is not None else text


def prices_differ(before: Any, after: Any) -> bool:
    """Whether lines that stay have other prices than before: then the prices have to be shown."""
    if not isinstance(before, list) or not isinstance(after, list):
        return False
    old = {row["sku"]: row.get("unit_price") for row in before}
    asked = [row for row in after if row.get("unit_price") is not None]
    return any(old.get(row["sku"], row["unit_price"]) != row["unit_price"] for row in asked)


def handed_over_text(number: str, holder: str) -> str:
    """The message for somebody who opens an order that they have handed over."""
    if not holder:
        return _("订单 %(number)s 已不由您负责") % {"number": number}
    return _("订单 %(number)s 现在由%(name)s负责") % {"number": number, "name": holder}


def choice_text(chosen: dict[str, Any]) -> str:
    """What a customer chose about missing pieces, on one line."""
    kind, kinds = chosen.get("kind", ""), ShortageTask.Kind
    if kind == kinds.WAIT:
        return _("等货，最晚 %(day)s") % {"day": chosen.get("until", "")}
    if kind == kinds.SWAP:
        return _("换成 %(spec)s") % {"spec": chosen.get("spec") or chosen.get("sku", "")}
    if kind == kinds.SPLIT:
        return _("有货的先发，缺的到货后补发")
    return _("缺的不要了，退款") if kind == kinds.REFUND else ""
