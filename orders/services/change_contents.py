"""What a request to change an order asks for: read, compared with the order, and made so."""

from typing import Any

from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.models import ChangeKind, ChangeRequest, Order, OrderLine, Status, Variant
from orders.services.addresses import COLUMNS, check_address, clean
from orders.services.edit_items import items_as_logged
from orders.services.editing import ADDRESS, edit_order
from orders.services.transitions import transition_order
from orders.transitions import SELLERS, roles_of
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.text import one_line

MAX_LINES = 200


def contents(order: Order, kind: str, given: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """What is asked, as the services take it, whoever wrote it. Raises GuardFailed for what makes no sense."""
    if kind == ChangeKind.ADDRESS:
        return _address(order, given)
    if kind == ChangeKind.ITEMS:
        return {"items": _items(given.get("items"), priced=actor.kind != "customer")}
    if kind == ChangeKind.URGENT:
        return {"urgent": bool(given.get("urgent", True))}
    if kind == ChangeKind.NOTE:
        return {"note": clean(given.get("note"))}
    return {"reason": clean(given.get("reason"))[:300] or _("客户取消")}


def _address(order: Order, given: dict[str, Any]) -> dict[str, Any]:
    fields = given["address"] if isinstance(given.get("address"), dict) else given
    whole = {column: getattr(order, column) for column in ADDRESS}
    whole |= {COLUMNS[name]: one_line(value) for name, value in fields.items() if name in COLUMNS}
    if failures := check_address(whole):
        raise GuardFailed(*failures)
    return whole


def _items(given: Any, *, priced: bool) -> list[dict[str, Any]]:
    """Lines as asked. A price is the shop's to name."""
    rows = given if isinstance(given, list) else []
    if not rows or len(rows) > MAX_LINES or not all(isinstance(row, dict) and row.get("sku") for row in rows):
        raise GuardFailed(("lines_required", _("请至少选择一件商品")))
    items = []
    for row in rows:
        try:
            quantity = int(row.get("quantity", 0))
        except (TypeError, ValueError) as error:
            raise GuardFailed(("quantity_invalid", _("数量不正确"))) from error
        price = {"unit_price": str(row["unit_price"])} if priced and row.get("unit_price") is not None else {}
        if quantity:
            items.append({"sku": str(row["sku"]), "quantity": quantity} | price)
    if not items:
        raise GuardFailed(("lines_required", _("请至少选择一件商品")))
    return items


def before_after(
    order: Order, lines: list[OrderLine], kind: str, data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields a request would change, as they are and as they would be."""
    if kind == ChangeKind.ITEMS:
        old = items_as_logged(lines)
        same = len(old) == len(data["items"]) and all(
            was | now == was for was, now in zip(old, data["items"], strict=True)
        )
        return ({}, {}) if same else ({"items": old}, {"items": data["items"]})
    if kind == ChangeKind.CANCEL:
        return {}, {"reason": data["reason"]}
    changed = {name: value for name, value in data.items() if getattr(order, name) != value}
    return {name: getattr(order, name) for name in changed}, changed


def parts_of(lines: list[OrderLine], kind: str, data: dict[str, Any]) -> set[str]:
    """The columns of the policy that a request touches."""
    if kind != ChangeKind.ITEMS:
        return {kind}
    old: dict[str, int] = {}
    for line in lines:
        old[line.sku] = old.get(line.sku, 0) + line.quantity - line.cancelled_quantity
    new: dict[str, int] = {}
    for row in data["items"]:
        new[row["sku"]] = new.get(row["sku"], 0) + row["quantity"]
    gone, come = set(old) - set(new), set(new) - set(old)
    if gone and come and _siblings(gone, come):
        kept = {sku for sku in set(old) & set(new) if old[sku] != new[sku]}
        return {"items_swap"} | {_direction(old[sku], new[sku]) for sku in kept}
    return {
        _direction(old.get(sku, 0), new.get(sku, 0))
        for sku in set(old) | set(new)
        if old.get(sku, 0) != new.get(sku, 0)
    } or {"items_more"}


def _direction(before: int, after: int) -> str:
    return "items_less" if after < before else "items_more"


def _siblings(gone: set[str], come: set[str]) -> bool:
    """Whether what comes are other colours and sizes of what goes."""
    products = dict(Variant.objects.filter(sku__in=gone | come).values_list("sku", "product_id"))
    return {products.get(sku) for sku in come} <= {products.get(sku) for sku in gone} - {None}


def make_so(request: ChangeRequest, order: Order, actor: Actor, *, seen: bool = False) -> Order:
    """Change the order as was asked. `seen`: the warehouse itself said yes, nobody needs to be told again.

    Raises what edit_order and transition_order raise.
    """
    if request.kind == ChangeKind.CANCEL:
        unpaid = order.status == Status.PENDING_PAYMENT
        to = Status.CANCELLED if unpaid else Status.REFUNDING
        # Whoever agrees to it, it is the customer who wants out.
        asker = actor if roles_of(actor) & SELLERS else Actor.customer(order.customer)
        return transition_order(
            actor=asker, order_id=order.pk, to=to, data={"reason": request.data["reason"]}
        )
    return edit_order(
        actor=actor,
        order_id=order.pk,
        version=None,
        changes=dict(request.data),
        agreed=True,
        seen=seen,
        request_id=request.pk,
    )
