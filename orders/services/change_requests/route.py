"""Routing a new request on a locked order: to its handler by the policy, or straight into the order."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.events import ChangeRequested
from orders.hooks import Keeper
from orders.labels import status_label
from orders.models import ChangeKind, ChangeRequest, Handler, Order, OrderLine, Variant
from orders.policies.change_commands import command_of
from orders.policies.change_policy import HANDLERS, INSTEAD, Outcome, decide_outcome, stage_of
from orders.selectors.change_policy import policy_in_force
from orders.selectors.keepers import is_keeper, keeper_asked
from orders.services.change_requests.apply import apply_change_request
from orders.services.change_requests.close import close_request, record_rejection
from orders.services.edits import MONEY
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import shop_settings

State = ChangeRequest.State


def apply_or_route(
    request: ChangeRequest, order: Order, lines: list[OrderLine], actor: Actor
) -> ChangeRequest:
    """Have a request that needs nobody's word any more do what the policy says: apply, wait for somebody, or end."""
    outcome, part = policy_outcome(request, order, lines)
    # Another system cannot talk to a courier; whoever wants the parcel stopped asks a person.
    if outcome == Outcome.REFUSE or (outcome == Outcome.COURIER and not actor.may("changes.ask_courier")):
        return refuse_by_policy(request, order, actor, part)
    if outcome != Outcome.COURIER and (keeper := keeper_asked(request)):
        return open_for_review(request, order, actor, Handler.OUTSIDE, keeper)
    of_the_shop = request.asked_by_kind != "customer"
    # What the system that keeps the order says is decided; the stockroom has to have seen it before a parcel leaves.
    is_decided = outcome in (Outcome.SALES, Outcome.WAREHOUSE) and is_keeper(actor, order)
    if outcome == Outcome.APPLY or (outcome == Outcome.SALES and of_the_shop) or is_decided:
        close_request(request, actor, State.ACCEPTED, "")
        apply_change_request(request, order, actor_who_asked(request) if request.consent else actor)
        return request
    return open_for_review(request, order, actor, HANDLERS[outcome])


def policy_outcome(request: ChangeRequest, order: Order, lines: list[OrderLine]) -> tuple[Outcome, str]:
    """What the policy says to a request now, and the part that decides."""
    parts = parts_of(lines, request.kind, request.data)
    return decide_outcome(policy_in_force(), stage_of(order, lines), parts)


def parts_of(lines: list[OrderLine], kind: str, data: dict[str, Any]) -> set[str]:
    """The columns of the policy that a request touches."""
    if kind not in (ChangeKind.ADDRESS, ChangeKind.ITEMS, ChangeKind.PRICE):
        return {kind}
    parts = _goods(lines, data) if "items" in data else set()
    if "street" in data:
        parts.add("address")
    return parts if set(MONEY).isdisjoint(data) else parts | {"price"}


def _goods(lines: list[OrderLine], data: dict[str, Any]) -> set[str]:
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
    } or {"price"}


def _direction(before: int, after: int) -> str:
    return "items_less" if after < before else "items_more"


def _siblings(gone: set[str], come: set[str]) -> bool:
    """Whether what comes are other colours and sizes of what goes."""
    products = dict(Variant.objects.filter(sku__in=gone | come).values_list("sku", "product_id"))
    return {products.get(sku) for sku in come} <= {products.get(sku) for sku in gone} - {None}


def actor_who_asked(request: ChangeRequest) -> Actor:
    """The member of staff who asked: it is their change, the customer's word is written beside it."""
    of_staff = request.asked_by_kind == "staff"
    staff = Staff.objects.filter(pk=request.asked_by_id).first() if of_staff else None
    return Actor.staff(staff) if staff else Actor.system(request.asked_by)


def refuse_by_policy(request: ChangeRequest, order: Order, actor: Actor, part: str) -> ChangeRequest:
    """The order is past it; say what can be done instead."""
    instead = INSTEAD.get(part)
    text = _("订单%(status)s，不能再改") % {"status": status_label(order.status)}
    close_request(
        request, Actor.system(), State.DECLINED, _("，").join((text, str(instead))) if instead else text
    )
    record_rejection(request, order, actor)
    return request


def open_for_review(
    request: ChangeRequest, order: Order, actor: Actor, handler: Handler, keeper: Keeper | None = None
) -> ChangeRequest:
    """Open it; an earlier one of the same kind by the same person has been thought over.

    `keeper` is the other system that has to answer, which is sent the request as a command.
    """
    same = order.change_requests.filter(
        state=State.OPEN,
        kind=request.kind,
        asked_by_kind=request.asked_by_kind,
        asked_by_id=request.asked_by_id,
    )
    for earlier in same.exclude(pk=request.pk):
        outside = earlier.handler == Handler.OUTSIDE
        ended = State.WITHDRAWN if outside else State.VOID
        close_request(earlier, actor, ended, _("有了新的申请"))
        if outside:
            # The other system has been told of it, and is told that it is wanted no more.
            record_rejection(earlier, order, actor)
    # Whoever comes after the customer has their own time.
    since = timezone.now() if request.consent else request.asked_at
    request.handler, request.state = handler, State.OPEN
    request.answer_by, request.escalated_at = answer_deadline(since), None
    request.system = keeper.name if keeper else ""
    request.save()
    save_with_event(
        order,
        ChangeRequested,
        actor=actor,
        request_id=request.pk,
        kind=request.kind,
        handler=handler.value,
        before=request.before,
        after=request.after,
        command=(
            command_of(request, number=order.number, system=keeper.name, external_id=keeper.external_id)
            if keeper
            else {}
        ),
    )
    return request


def answer_deadline(asked_at: datetime) -> datetime:
    """So many minutes of working time later."""
    wait = timedelta(minutes=shop_settings().change_answer_minutes)
    return working_calendar().after_working(asked_at, wait) or asked_at + wait
