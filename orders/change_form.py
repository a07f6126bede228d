"""The forms with which a change is asked for or agreed to, the same on the customer's phone and at the desk."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone

from orders.change_reading import LineChoice, ReadChange, read_change
from orders.labels import field_label
from orders.models import ChangeKind, Order
from orders.selectors.change_requests import choices_for, siblings_of
from orders.services.addresses import COLUMNS
from orders.services.consent import PhoneConsent

FORMS = ("address", "items", "delivery_date", "note", "urgent", "cancel")


def read_change_form(post: QueryDict, order: Order) -> dict[str, Any] | None:
    """A form as the service takes it; None for a kind that nobody can ask for."""
    kind = post.get("kind", "")
    if kind not in FORMS:
        return None
    data: dict[str, Any] = {name: post.get(name, "") for name in ("note", "reason", "deliver_on")}
    if kind == ChangeKind.ADDRESS:
        data = {name: post.get(name, "") for name in COLUMNS}
    elif kind == ChangeKind.ITEMS:
        data = {"items": _items(post, order)}
    elif kind == ChangeKind.URGENT:
        data = {"urgent": True}
    return {"kind": kind, "data": data, "key": post.get("key", "")}


def _items(post: QueryDict, order: Order) -> list[dict[str, Any]]:
    rows = []
    for line in order.lines.all():
        quantity = str(post.get(f"quantity-{line.pk}", line.quantity))
        sku = post.get(f"sku-{line.pk}", line.sku)
        rows.append(
            {"sku": sku, "quantity": int(quantity) if quantity.isdigit() and len(quantity) < 7 else -1}
        )
    return rows


def change_form(order: Order, read: ReadChange | None = None) -> dict[str, Any]:
    """What the forms show: what may be asked, filled with what was read out of a message where there is one."""
    lines = list(
        order.lines.select_related("variant__product").prefetch_related("variant__product__variants")
    )
    siblings = siblings_of(lines)
    address = {name: getattr(order, column) for name, column in COLUMNS.items()}
    given = read.data if read else {}
    address |= {
        name: value for name, value in given.get("address", {}).items() if value or name == "district"
    }
    first = sorted(FORMS, key=lambda kind: read is None or kind != read.kind)
    note = given.get("note", "")
    return {
        "order": order,
        "forms": [f"orders/change/_{kind}.html" for kind in first],
        "key": uuid4(),
        "read": read,
        "today": timezone.localdate(),
        # A template takes `choices.items` for the method of the dictionary.
        "choices": {
            kind if kind != "items" else "items_form": each for kind, each in choices_for(order).items()
        },
        "address": [(name, field_label(COLUMNS[name]), value) for name, value in address.items()],
        "lines": [(line, siblings[line.pk], *_filled(line, siblings[line.pk], given)) for line in lines],
        "note_text": "\n".join(text for text in (order.note, note) if text),
        "deliver_on": given.get("deliver_on") or order.deliver_on,
        "reason_text": given.get("reason", ""),
    }


def read_message(text: str, order: Order) -> ReadChange:
    """What a message asks for, of this order."""
    lines = order.lines.select_related("variant__product").prefetch_related("variant__product__variants")
    choices = [
        LineChoice(
            line.pk,
            line.sku,
            line.quantity,
            tuple((each.sku, each.color, each.size) for each in line.variant.product.variants.all())
            if line.variant
            else (),
        )
        for line in lines
    ]
    return read_change(text, today=timezone.localdate(), lines=choices)


def _filled(line: Any, siblings: list[Any], given: dict[str, Any]) -> tuple[str, int]:
    """The variant and the count a line's fields start with."""
    wanted = given.get("lines", {}).get(line.pk, {})
    skus = {each.sku for each in siblings}
    sku = wanted.get("sku", line.sku)
    return sku if sku in skus else line.sku, wanted.get("quantity", line.quantity)


def read_phone_consent(data: QueryDict) -> PhoneConsent:
    """A form as the service takes it; without a time it was just now."""
    try:
        at = timezone.make_aware(datetime.fromisoformat(data.get("at", "")).replace(tzinfo=None))
    except ValueError:
        at = None
    return PhoneConsent(who=data.get("who", ""), at=at, note=data.get("note", ""))
