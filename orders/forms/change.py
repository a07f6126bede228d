"""The forms for requesting or accepting a change, the same on the customer's phone and at the desk."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.forms.address import Pasted, address_widget
from orders.forms.stale_change import (
    TOGETHER,
    asked_address,
    asked_line,
    is_left_alone,
    shown_address,
    shown_values,
)
from orders.models import ChangeKind, Order
from orders.reading.change_requests import LineChoice, ReadChange, read_change_text
from orders.selectors.catalogue import variants_on_sale
from orders.selectors.change_requests import Choice, choices_for, siblings_of
from orders.selectors.items import list_price
from orders.selectors.keepers import keeper_of
from orders.selectors.pricing import OrderPrice, price_as_it_is, price_of_goods
from orders.selectors.products import variants_matching
from shopcomm.core import reading

# Goods found at a time, and goods added at most in one change.
FOUND, MOST_ADDED = 10, 50
FORMS = ("address", "items", "urgent", "note", "delivery_date", "cancel")


def read_change_form(post: QueryDict, order: Order) -> dict[str, Any] | None:
    """A form as the service takes it; None for a kind that nobody can ask for.

    Raises GuardFailed where something was changed that has changed meanwhile.
    """
    kind = post.get("kind", "")
    if kind not in FORMS:
        return None
    data: dict[str, Any] = {name: post.get(name, "") for name in ("note", "reason", "deliver_on")}
    if kind == ChangeKind.ADDRESS:
        data = asked_address(post, order)
    elif kind == ChangeKind.ITEMS:
        data = {"items": _items(post, order)}
    elif kind == ChangeKind.URGENT:
        data = {"urgent": True}
    seen = {"shown": post.get("shown", "")} if kind == ChangeKind.ITEMS else {}
    return {"kind": kind, "data": data, "key": post.get("key", ""), **seen}


def _items(post: QueryDict, order: Order, *, final: bool = True) -> list[dict[str, Any]]:
    """The order's goods by a form; `final`: it is sent, and what changed meanwhile is refused."""
    rows = []
    for line in order.lines.all():
        quantity = _pieces(post, f"quantity-{line.pk}", line.quantity)
        sku = post.get(f"sku-{line.pk}", line.sku)
        if final or is_left_alone(post, f"sku-{line.pk}", f"quantity-{line.pk}"):
            sku, quantity = asked_line(post, line, sku, quantity)
        rows.append({"sku": sku, "quantity": quantity})
    more = {sku: _pieces(post, f"add-{sku}", 0) for sku in post.getlist("add")}
    return rows + [{"sku": sku, "quantity": count} for sku, count in more.items() if count]


def _pieces(post: QueryDict, name: str, kept: int) -> int:
    """What stands in a field, `kept` where there is none; one left empty is no count, as it may be a slip."""
    return reading.piece_count(post.get(name, kept), empty=-1)


def price_of_change(order: Order, post: QueryDict | None = None) -> OrderPrice:
    """What the order costs with the goods of a form, by the rules by which they are saved; without one, as it is."""
    if post is None:
        return price_as_it_is(order)
    rows = [row for row in _items(post, order, final=False) if row["quantity"]]
    return price_of_goods(order, rows)


def wants_goods(post: QueryDict) -> bool:
    """Whether the form is not sent yet: goods to be added are looked for."""
    return "finding" in post


def _added(order: Order, post: QueryDict | None) -> list[dict[str, Any]]:
    """Goods that can be put on the order: what was counted already, then what was found; each with its list price."""
    if post is None:
        return []
    counts = {sku: max(_pieces(post, f"add-{sku}", 0), 0) for sku in post.getlist("add")[:MOST_ADDED]}
    kept = variants_on_sale([sku for sku, count in counts.items() if count])
    there = {line.sku for line in order.lines.all()} | kept.keys()
    words = str(post.get("find", "")).strip()
    found = [each for each in variants_matching(words, limit=FOUND) if each.sku not in there] if words else []
    return [
        {"variant": each, "count": count, "price": list_price(each, max(count, 1), order.customer)}
        for each, count in [
            *((each, counts[sku]) for sku, each in kept.items()),
            *((each, 0) for each in found),
        ]
    ]


@dataclass(frozen=True)
class Option:
    """One row of the list of what can be changed. `way`: the page for what can be done instead."""

    choice: Choice
    label: str
    icon: str
    way: str

    @property
    def kind(self) -> str:
        return self.choice.kind

    @property
    def form(self) -> str:
        return f"orders/change/_{self.kind}.html"


def options_for(order: Order, ways: Mapping[str, str]) -> list[Option]:
    """What can be changed, each with its outcome."""
    named = {
        ChangeKind.ADDRESS: (_("改地址"), "pin"),
        ChangeKind.ITEMS: (_("改商品"), "qty"),
        ChangeKind.URGENT: (_("加急"), "bolt"),
        ChangeKind.NOTE: (_("备注"), "edit"),
        ChangeKind.DELIVERY_DATE: (_("送货日期"), "clock"),
        ChangeKind.CANCEL: (_("取消订单"), "x"),
    }
    keeper = keeper_of(order)
    choices = {kind: replace(choice, keeper=keeper) for kind, choice in choices_for(order).items()}
    return [Option(choices[kind], label, icon, ways.get(kind, "")) for kind, (label, icon) in named.items()]


def change_form(
    order: Order,
    read: ReadChange | None = None,
    *,
    posted: QueryDict | None = None,
    wanted: str = "",
    ways: Mapping[str, str] | None = None,
    pasted: Pasted | None = None,
) -> dict[str, Any]:
    """What the page shows: the possible changes, and the form of the chosen one.

    Filled with what was `posted` and refused, else with what was `read` out of a message, else with what the order has.
    """
    lines = list(
        order.lines.select_related("variant__product").prefetch_related("variant__product__variants")
    )
    siblings = siblings_of(lines)
    given = _as_read(posted, order) if posted is not None else read.data if read else {}
    options = options_for(order, ways or {})
    wanted = posted.get("kind", "") if posted else read.kind if read else wanted
    note = given.get("note", "")
    whole_note = (
        note if posted is not None and note else "\n".join(each for each in (order.note, note) if each)
    )
    return {
        "order": order,
        "options": options,
        "chosen": _chosen(options, wanted),
        "wanted": wanted,
        "key": uuid4(),
        "today": timezone.localdate(),
        "address": address_widget(_address(order, given.get("address", {})), place="to", pasted=pasted),
        "was": shown_values(order, lines),
        "lines": [(line, siblings[line.pk], *_filled(line, siblings[line.pk], given)) for line in lines],
        "added": _added(order, posted),
        "find": posted.get("find", "") if posted else "",
        "note_text": whole_note,
        "deliver_on": str(given.get("deliver_on") or order.deliver_on or ""),
        "reason_text": given.get("reason", ""),
        "price": price_of_change(order, posted if wanted == ChangeKind.ITEMS else None),
    }


def _chosen(options: list[Option], wanted: str) -> str:
    """What stands open: what was asked for where it can be had, without a wish the first that can be."""
    can = [option.kind for option in options if option.choice.is_open]
    if wanted in FORMS:
        return wanted if wanted in can else ""
    return next(iter(can), "")


def _address(order: Order, given: dict[str, str]) -> dict[str, str]:
    address = shown_address(order)
    # Who names another street and no district means none; whoever is not named stays.
    given = {name: value for name, value in given.items() if value or name == "district"}
    return address | given


def _as_read(post: QueryDict, order: Order) -> dict[str, Any]:
    """A form that was refused, to be shown as it was filled in; what was left alone, as the order is by now."""
    lines = {}
    for line in order.lines.all():
        if is_left_alone(post, f"sku-{line.pk}", f"quantity-{line.pk}"):
            continue
        quantity = _pieces(post, f"quantity-{line.pk}", -1)
        if quantity >= 0:
            lines[line.pk] = {"sku": post.get(f"sku-{line.pk}", line.sku), "quantity": quantity}
    return {
        "address": {
            name: post[name]
            for group in TOGETHER
            if not is_left_alone(post, *group)
            for name in group
            if name in post
        },
        "lines": lines,
        **{name: post.get(name, "") for name in ("note", "deliver_on", "reason")},
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
    return read_change_text(text, today=timezone.localdate(), lines=choices)


def _filled(line: Any, siblings: list[Any], given: dict[str, Any]) -> tuple[str, int]:
    """The variant and the count a line's fields start with."""
    wanted = given.get("lines", {}).get(line.pk, {})
    skus = {each.sku for each in siblings}
    sku = wanted.get("sku", line.sku)
    return sku if sku in skus else line.sku, wanted.get("quantity", line.quantity)
