"""How a request to change a locked order begins, and where it goes: to whoever the policy says, or into the order."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.events import ChangeRequested
from orders.labels import status_label
from orders.models import ChangeRequest, Handler, Order, OrderLine
from orders.policies.change_policy import HANDLERS, INSTEAD, Outcome, decide, stage_of
from orders.selectors.asked_prices import with_list_prices
from orders.services.announce import record
from orders.services.change_requests.close import settle, tell_rejection
from orders.services.change_requests.parse import before_after, make_so, parts_of
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Staff
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import shop_settings

State = ChangeRequest.State


def new_request(
    order: Order, lines: list[OrderLine], kind: str, wanted: dict[str, Any], actor: Actor, **fields: Any
) -> ChangeRequest:
    """What somebody asks, compared with the order as it is; not stored yet."""
    if "items" in wanted:
        held = {line.sku for line in lines}
        wanted = wanted | {"items": with_list_prices(wanted["items"], held, order.customer)}
    before, after = before_after(order, lines, kind, wanted)
    return ChangeRequest(
        order=order,
        kind=kind,
        data=wanted,
        before=before,
        after=after,
        base_version=order.version,
        asked_by_kind=actor.kind,
        asked_by_id=actor.id_or_zero,
        asked_by=actor.name,
        asked_at=timezone.now(),
        **fields,
    )


def outcome_of(request: ChangeRequest, order: Order, lines: list[OrderLine]) -> tuple[Outcome, str]:
    """What the policy says to a request now, and the part that decides."""
    return decide(stage_of(order, lines), parts_of(lines, request.kind, request.data))


def go_on(request: ChangeRequest, order: Order, lines: list[OrderLine], actor: Actor) -> ChangeRequest:
    """Have a request that needs nobody's word any more do what the policy says: apply, wait for somebody, or end."""
    outcome, part = outcome_of(request, order, lines)
    # Another system cannot talk to a courier; whoever wants the parcel stopped asks a person.
    if outcome == Outcome.REFUSE or (outcome == Outcome.COURIER and not actor.may("changes.ask_courier")):
        return refuse(request, order, actor, part)
    of_the_shop = request.asked_by_kind != "customer"
    if outcome == Outcome.APPLY or (outcome == Outcome.SALES and of_the_shop):
        settle(request, actor, State.ACCEPTED, "")
        make_so(request, order, asker(request) if request.consent else actor)
        return request
    return lay_before(request, order, actor, HANDLERS[outcome])


def asker(request: ChangeRequest) -> Actor:
    """The member of staff who asked: it is their change, the customer's word is written beside it."""
    of_staff = request.asked_by_kind == "staff"
    staff = Staff.objects.filter(pk=request.asked_by_id).first() if of_staff else None
    return Actor.staff(staff) if staff else Actor.system(request.asked_by)


def refuse(request: ChangeRequest, order: Order, actor: Actor, part: str) -> ChangeRequest:
    """The order is past it; say what can be done instead."""
    instead = INSTEAD.get(part)
    text = _("订单%(status)s，不能再改") % {"status": status_label(order.status)}
    settle(request, Actor.system(), State.DECLINED, _("，").join((text, str(instead))) if instead else text)
    tell_rejection(request, order, actor)
    return request


def lay_before(request: ChangeRequest, order: Order, actor: Actor, handler: Handler) -> ChangeRequest:
    """Open it; an earlier one of the same kind by the same person has been thought over."""
    same = order.change_requests.filter(
        state=State.OPEN,
        kind=request.kind,
        asked_by_kind=request.asked_by_kind,
        asked_by_id=request.asked_by_id,
    )
    for earlier in same.exclude(pk=request.pk):
        settle(earlier, actor, State.VOID, _("有了新的申请"))
    # Whoever comes after the customer has their own time.
    since = timezone.now() if request.consent else request.asked_at
    request.handler, request.state = handler, State.OPEN
    request.answer_by, request.escalated_at = answer_by(since), None
    request.save()
    record(
        order,
        ChangeRequested,
        actor=actor,
        request_id=request.pk,
        kind=request.kind,
        handler=handler.value,
        before=request.before,
        after=request.after,
    )
    return request


def answer_by(asked_at: datetime) -> datetime:
    """So many minutes of working time later."""
    wait = timedelta(minutes=shop_settings().change_answer_minutes)
    return working_calendar().after_working(asked_at, wait) or asked_at + wait
