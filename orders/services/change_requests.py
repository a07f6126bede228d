"""Asking for a change of an order, and answering: under the order's lock, so that a parcel never leaves in between."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.change_policy import HANDLERS, INSTEAD, Outcome, decide, stage_of
from orders.errors import GuardFailed, NotAllowed
from orders.events import ChangeEscalated, ChangeRequested
from orders.labels import status_label
from orders.models import ChangeKind, ChangeRequest, Handler, Order
from orders.services.announce import record
from orders.services.change_contents import before_after, contents, make_so, parts_of
from orders.services.locks import lock_lines, lock_order
from orders.services.open_changes import settle, tell_rejection
from orders.services.transitions import check_owner
from orders.transitions import SELLERS, STOCKROOM, roles_of
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.configuration.calendar import working_calendar
from shopcomm.core.configuration.models import shop_settings

State = ChangeRequest.State
# Answered long after this, a request says nothing about what the customer wants today.
FORGOTTEN = timedelta(hours=24)
ANSWERERS = {
    Handler.WAREHOUSE: STOCKROOM,
    Handler.SALES: SELLERS,
    Handler.COURIER: SELLERS | STOCKROOM,
}


@transaction.atomic
def request_change(
    *, actor: Actor, order_id: int, kind: str, data: dict[str, Any], key: str = ""
) -> ChangeRequest:
    """Ask for a change: applied at once, laid before somebody, or declined, as the policy says for the order's stage.

    `key` again answers the request it already made. Raises Order.DoesNotExist, NotAllowed, and GuardFailed or
    InsufficientStock for what cannot be done as asked.
    """
    order = lock_order(order_id)
    check_owner(order, actor)
    if key and (known := ChangeRequest.objects.filter(order=order, key=key[:80]).first()):
        return known
    lines = lock_lines(order)
    wanted = contents(order, kind, data, actor)
    before, after = before_after(order, lines, kind, wanted)
    request = ChangeRequest(
        order=order,
        kind=kind,
        data=wanted,
        before=before,
        after=after,
        base_version=order.version,
        asked_by_kind=actor.kind,
        asked_by_id=actor.id or 0,
        asked_by=actor.name,
        asked_at=timezone.now(),
        key=key[:80],
    )
    if not after:
        return settle(request, actor, State.ACCEPTED, _("和现在一样"))
    _check_limit(order, actor)
    outcome, part = decide(stage_of(order, lines), parts_of(lines, kind, wanted))
    # Another system cannot talk to a courier; whoever wants the parcel stopped asks a person.
    if outcome == Outcome.REFUSE or (outcome == Outcome.COURIER and actor.kind == "api"):
        return _refuse(request, order, actor, part)
    if outcome == Outcome.APPLY or (outcome == Outcome.SALES and actor.kind != "customer"):
        settle(request, actor, State.ACCEPTED, "")
        make_so(request, order, actor)
        return request
    return _lay_before(request, order, actor, HANDLERS[outcome])


def _check_limit(order: Order, actor: Actor) -> None:
    """A customer changes their mind so often and no more."""
    if actor.kind != "customer":
        return
    asked = order.change_requests.filter(asked_by_kind="customer", state__in=[State.OPEN, State.ACCEPTED])
    limit = shop_settings().customer_changes_per_order
    if asked.exclude(kind=ChangeKind.CANCEL).count() >= limit:
        raise GuardFailed(
            ("change_limit", _("一个订单最多自助修改 %(count)s 次，请联系客服") % {"count": limit})
        )


def _refuse(request: ChangeRequest, order: Order, actor: Actor, part: str) -> ChangeRequest:
    instead = INSTEAD.get(part)
    text = _("订单%(status)s，不能再改") % {"status": status_label(order.status)}
    settle(request, Actor.system(), State.DECLINED, f"{text}，{instead}" if instead else text)
    tell_rejection(request, order, actor)
    return request


def _lay_before(request: ChangeRequest, order: Order, actor: Actor, handler: Handler) -> ChangeRequest:
    """Open it; an earlier one of the same kind by the same person has been thought over."""
    same = order.change_requests.filter(
        state=State.OPEN, kind=request.kind, asked_by_kind=actor.kind, asked_by_id=actor.id or 0
    )
    for earlier in same:
        settle(earlier, actor, State.VOID, _("有了新的申请"))
    request.handler = handler
    request.answer_by = _answer_by(request.asked_at)
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


def _answer_by(asked_at: datetime) -> datetime:
    """So many minutes of working time later."""
    wait = timedelta(minutes=shop_settings().change_answer_minutes)
    return working_calendar().after_working(asked_at, wait) or asked_at + wait


@transaction.atomic
def accept_change(*, actor: Actor, request_id: int) -> ChangeRequest:
    """Agree to a request, and make it so. Accepting twice is accepting once.

    Raises ChangeRequest.DoesNotExist, NotAllowed, GuardFailed when it is answered otherwise or can no longer be done.
    """
    request, order = _locked(request_id)
    _check_answerer(request, actor)
    if request.state == State.ACCEPTED:
        return request
    _check_open(request)
    settle(request, actor, State.ACCEPTED, "")
    if request.handler == Handler.COURIER:
        _redirect(request, order, actor)
    else:
        make_so(request, order, actor, seen=request.handler == Handler.WAREHOUSE)
    return request


def _redirect(request: ChangeRequest, order: Order, actor: Actor) -> None:
    """The courier has agreed to bring the parcel elsewhere: the order's address is where it goes now."""
    make_so(request, order, actor, seen=True)


@transaction.atomic
def decline_change(*, actor: Actor, request_id: int, reason: str) -> ChangeRequest:
    """Refuse a request with a reason the customer reads. Raises as accept_change does."""
    request, order = _locked(request_id)
    _check_answerer(request, actor)
    if request.state == State.DECLINED:
        return request
    _check_open(request)
    if not reason.strip():
        raise GuardFailed(("reason_required", _("请填写原因")))
    settle(request, actor, State.DECLINED, reason.strip())
    tell_rejection(request, order, actor)
    return request


@transaction.atomic
def withdraw_change(*, actor: Actor, request_id: int) -> ChangeRequest:
    """Take one's own request back; the shop may do it for the customer. Raises as accept_change does."""
    request, order = _locked(request_id)
    check_owner(order, actor)
    if request.state == State.WITHDRAWN:
        return request
    _check_open(request)
    settle(request, actor, State.WITHDRAWN, "")
    tell_rejection(request, order, actor)
    return request


@transaction.atomic
def escalate_change(*, request_id: int, now: datetime) -> bool:
    """Tell the managers of a request nobody has answered in time; never answer it by silence. Returns whether it was due."""
    request, order = _locked(request_id)
    if request.state != State.OPEN or request.answer_by is None or request.answer_by > now:
        return False
    if request.escalated_at and now - request.answer_by >= FORGOTTEN:
        settle(request, Actor.system(), State.EXPIRED, _("超时未处理"))
        tell_rejection(request, order, Actor.system())
        return True
    if request.escalated_at:
        return False
    request.escalated_at = now
    request.save(update_fields=["escalated_at"])
    record(
        order,
        ChangeEscalated,
        actor=Actor.system(),
        request_id=request.pk,
        kind=request.kind,
        handler=request.handler,
    )
    return True


def _locked(request_id: int) -> tuple[ChangeRequest, Order]:
    """The request with its order, the order locked first as everywhere."""
    order = lock_order(ChangeRequest.objects.values_list("order_id", flat=True).get(pk=request_id))
    return ChangeRequest.objects.select_for_update().get(pk=request_id), order


def _check_answerer(request: ChangeRequest, actor: Actor) -> None:
    needed = ANSWERERS[Handler(request.handler)] if request.handler else SELLERS
    if actor.kind == "customer" or not roles_of(actor) & needed:
        raise NotAllowed(needed=needed)


def _check_open(request: ChangeRequest) -> None:
    if request.state != State.OPEN:
        raise GuardFailed(
            ("change_answered", _("这个申请%(state)s") % {"state": request.get_state_display()})
        )
