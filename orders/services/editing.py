"""Changing what was agreed: who may, until when, and telling the warehouse when it already has the order."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from orders import hooks
from orders.errors import ConsentNeeded, GuardFailed, NotAllowed, OrderClosed
from orders.events import OrderChanged
from orders.models import ChangeRequest, Order, Status
from orders.policies.change_policy import needs_consent
from orders.policies.transitions import TERMINAL
from orders.services.addresses import COLUMNS, check_address, clean_text, column_text
from orders.services.alerts import raise_alert
from orders.services.announce import save_with_event
from orders.services.days import read_day
from orders.services.debts import beyond_credit
from orders.services.edit_items import change_items
from orders.services.items import check_total
from orders.services.locks import lock_lines, lock_order
from orders.services.moves import read_money
from orders.services.refunds import match_difference
from orders.services.rights import require_right
from orders.services.shortage_tasks import review_shortages
from orders.services.transitions import check_owner, move_on_when_settled
from orders.services.versions import check_version
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.accounts.rights import people_who_may, staff_roles_with
from shopcomm.core.deadlocks import retry_on_deadlock

ADDRESS = tuple(COLUMNS.values())
MONEY = ("discount", "shipping_fee")
# What staff may still write down when nothing else of the order can change any more.
ALWAYS = frozenset({"note", "assigned_to"})
EDITABLE = frozenset({*ADDRESS, *MONEY, *ALWAYS, "urgent", "items", "deliver_on"})
BEFORE_SHIPPING = frozenset({Status.PENDING_PAYMENT, Status.PAID, Status.PICKING})
# A customer changes these alone until the warehouse begins.
CUSTOMER_FIELDS = frozenset({*ADDRESS, "note"})
CUSTOMER_STATUSES = frozenset({Status.PENDING_PAYMENT, Status.PAID})


def as_logged(value: Any) -> Any:
    """A day as the log and an alert keep it; everything else as it is."""
    return value.isoformat() if isinstance(value, date) else value


@dataclass
class Edit:
    """An edit in progress: the locked order and what changed so far."""

    order: Order
    actor: Actor
    wanted: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    # Somebody who may decide it has agreed to what this actor asked for.
    agreed: bool = False
    # Counts and prices are what the shop itself offered.
    offered: bool = False

    def set(self, column: str, value: Any, shown: Any = ...) -> None:
        """Change one column, and remember it when it is a change."""
        old = getattr(self.order, column)
        if old != value:
            setattr(self.order, column, value)
            self.before[column] = as_logged(old)
            self.after[column] = as_logged(value) if shown is ... else shown


@retry_on_deadlock
@transaction.atomic
def edit_order(
    *,
    actor: Actor,
    order_id: int,
    version: int | None,
    changes: dict[str, Any],
    note: str = "",
    agreed: bool = False,
    offered: bool = False,
    seen: bool = False,
    request: ChangeRequest | None = None,
) -> Order:
    """Change fields of an order; a change that changes nothing is no event.

    `changes` may hold the receiver's columns (or `address` with all of them), urgent, note, items, assigned_to (a
    staff id or None), discount and shipping_fee. An order in the warehouse's hands raises an alert there, unless it
    is the warehouse that has `seen` it. `agreed`: the policy or a person let this actor change it, by this `request`;
    `offered`: the shop named counts and prices itself.
    Raises Order.DoesNotExist, NotAllowed, OrderClosed, StaleVersion, GuardFailed, InsufficientStock, and
    ConsentNeeded when somebody of the shop would change what the customer has paid for.
    """
    order = lock_order(order_id)
    check_owner(order, actor)
    edit = Edit(order, actor, flatten_changes(changes), agreed=agreed, offered=offered)
    _check_fields(edit)
    check_version(order, version)
    _change_address(edit)
    _change_rest(edit)
    if "items" in edit.wanted:
        change_items(edit)
    _change_money(edit)
    if not edit.after:
        return order
    if not agreed and needs_consent(order, actor, edit.after):
        raise ConsentNeeded
    if seen:
        order.acknowledged_version = order.version + 1
    else:
        _tell_warehouse(edit)
    told: dict[str, Any] = {"before": edit.before, "after": edit.after, "note": note}
    if request is not None:
        told |= {"request_id": request.pk, "consent": request.consent}
    if "total" in edit.after and order.status != Status.PENDING_PAYMENT:
        told["balance"] = str(order.balance)
    if order.status == Status.PENDING_PAYMENT and order.paid_amount > 0:
        # Moving on looks at the lines, which come before the conversation in which the edit is told.
        lock_lines(order)
    save_with_event(order, OrderChanged, actor=actor, **told)
    if "assigned_to" in edit.after:
        for hook in hooks.order_assigned_hooks:
            hook(order)
    move_on_when_settled(order, actor)
    if order.shortage:
        review_shortages(order, actor)
    return order


def flatten_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes with an `address` taken apart into the order's columns."""
    flat = {key: value for key, value in changes.items() if key != "address"}
    address = changes.get("address")
    if address is not None:
        fields = address if isinstance(address, dict) else vars(address)
        flat |= {COLUMNS.get(str(key), str(key)): value for key, value in fields.items()}
    return flat


def _check_fields(edit: Edit) -> None:
    """Who may change what in this status, before anything is looked at closely."""
    order, actor, wanted = edit.order, edit.actor, set(edit.wanted)
    if unknown := wanted - EDITABLE:
        raise GuardFailed(
            ("field_unknown", _("不能修改：%(fields)s") % {"fields": _("、").join(sorted(unknown))})
        )
    if edit.agreed:
        pass
    elif actor.may("orders.edit_own"):
        if wanted - CUSTOMER_FIELDS or order.status not in CUSTOMER_STATUSES:
            raise NotAllowed(needed=people_who_may("orders.edit"))
    else:
        require_right(actor, "orders.edit")
    if order.status in TERMINAL and wanted - ALWAYS:
        raise OrderClosed(from_=order.status)
    redirected = edit.agreed and order.status == Status.SHIPPED and wanted <= set(ADDRESS)
    if order.status not in BEFORE_SHIPPING and wanted - ALWAYS and not redirected:
        raise GuardFailed(
            ("already_shipped", _("订单“%(status)s”，不能再修改") % {"status": order.get_status_display()})
        )


def _change_address(edit: Edit) -> None:
    fields = {column: column_text(column, edit.wanted[column]) for column in ADDRESS if column in edit.wanted}
    if not fields:
        return
    whole = {column: getattr(edit.order, column) for column in ADDRESS} | fields
    if failures := check_address(whole):
        raise GuardFailed(*failures)
    for column, value in fields.items():
        edit.set(column, value)


def _change_rest(edit: Edit) -> None:
    wanted = edit.wanted
    if "urgent" in wanted:
        edit.set("urgent", bool(wanted["urgent"]))
    if "note" in wanted:
        text = clean_text(wanted["note"])
        if len(text) > 5000:
            raise GuardFailed(("note_too_long", _("备注过长")))
        edit.set("note", text)
    if "deliver_on" in wanted:
        day, failures = read_day(wanted["deliver_on"], known=edit.order.deliver_on)
        if failures:
            raise GuardFailed(*failures)
        edit.set("deliver_on", day)
    if "assigned_to" in wanted:
        _assign(edit, wanted["assigned_to"])


def _assign(edit: Edit, value: Any) -> None:
    """Hand the order to a colleague, logged by name."""
    order = edit.order
    pk = getattr(value, "pk", value) or None
    staff = (
        Staff.objects.filter(pk=pk, is_active=True, role__in=staff_roles_with("orders.create")).first()
        if pk
        else None
    )
    if pk and staff is None:
        raise GuardFailed(("assignee_unknown", _("没有这位销售")))
    old = order.assigned_to
    if (old and old.pk) != (staff and staff.pk):
        order.assigned_to = staff
        edit.before["assigned_to"] = str(old) if old else ""
        edit.after["assigned_to"] = str(staff) if staff else ""


def _change_money(edit: Edit) -> None:
    """Discount, freight and the total that follows from them and the lines."""
    order = edit.order
    for column in MONEY:
        if column in edit.wanted:
            amount = read_money(edit.wanted[column])
            if amount is None or amount < 0:
                raise GuardFailed(("amount_invalid", _("金额不正确")))
            edit.set(column, amount)
    total = order.goods_total - order.discount + order.shipping_fee
    if total == order.total:
        return
    if failures := check_total(total):
        raise GuardFailed(*failures)
    edit.set("total", total)
    if order.on_account and total > edit.before["total"]:
        _check_credit(order, edit.before["total"])
    match_difference(order, _("改单退差价"))


def _check_credit(order: Order, before: Decimal) -> None:
    """What an order on account costs more than before is owed as well. Raises GuardFailed."""
    more = max(order.balance, Decimal(0)) - max(order.balance - (order.total - before), Decimal(0))
    if more > 0 and (refusal := beyond_credit(order, more)):
        raise GuardFailed(("credit_exceeded", refusal))


def _tell_warehouse(edit: Edit) -> None:
    """An alert for each thing that changes the parcel, once the order is in the stockroom's hands."""
    order, changed = edit.order, set(edit.after)
    in_hands = order.status == Status.PICKING or (order.status == Status.PAID and order.acknowledged_version)
    if not in_hands:
        return
    kinds = {
        "address": changed & set(ADDRESS),
        "items": changed & {"items"},
        "urgent": changed & {"urgent"},
        "delivery_date": changed & {"deliver_on"},
    }
    for kind, columns in kinds.items():
        if columns:
            raise_alert(
                order=order,
                kind=kind,
                before={column: edit.before[column] for column in columns},
                after={column: edit.after[column] for column in columns},
                actor=edit.actor,
            )
