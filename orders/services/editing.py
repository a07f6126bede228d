"""Editing an order: who may, until when, and alerting a warehouse that has seen it."""

from typing import Any

from django.db import transaction

from orders import hooks
from orders.errors import ConsentNeeded
from orders.events import OrderChanged
from orders.models import ChangeRequest, Order, Status
from orders.policies.change_policy import needs_consent
from orders.services.alerts import alert_warehouse
from orders.services.edit_fields import change_address, change_plain_fields
from orders.services.edit_items import change_items
from orders.services.edit_money import change_money
from orders.services.edits import Edit, check_fields, flatten_changes
from orders.services.locks import lock_lines, lock_order
from orders.services.rights import check_owner
from orders.services.saving import save_with_event
from orders.services.shortage_tasks import review_shortages
from orders.services.transitions import mark_paid_when_covered
from orders.services.versions import check_version
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


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
    check_fields(edit)
    check_version(order, version)
    change_plain_fields(edit)
    change_address(edit)
    if "items" in edit.wanted:
        change_items(edit)
    change_money(edit)
    if not edit.after:
        return order
    if not agreed and needs_consent(order, actor, edit.after):
        raise ConsentNeeded
    if seen:
        order.acknowledged_version = order.version + 1
    else:
        alert_warehouse(edit)
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
    mark_paid_when_covered(order, actor)
    if order.shortage:
        review_shortages(order, actor)
    return order
