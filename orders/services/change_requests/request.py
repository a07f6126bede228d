"""Requesting a change and answering it, under the order's lock, so that a parcel never leaves in between."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from orders.errors import GuardFailed, NotAllowed, PricesChanged
from orders.events import ChangeEscalated
from orders.models import ChangeKind, ChangeRequest, Handler, Order
from orders.policies.change_merging import Seen
from orders.policies.change_policy import requires_consent
from orders.selectors.addresses import COLUMNS
from orders.selectors.change_requests import customer_changes, interceptable_request
from orders.selectors.keepers import may_answer_by_hand
from orders.selectors.pricing import price_of_goods
from orders.services.change_requests.apply import apply_change_request, merge_request_with_order
from orders.services.change_requests.close import check_open, close_request, locked_request, record_rejection
from orders.services.change_requests.compare import new_request
from orders.services.change_requests.consent import record_consent, request_consent
from orders.services.change_requests.parse import parse_change
from orders.services.change_requests.route import apply_or_route
from orders.services.locks import lock_lines, lock_order_with_lines
from orders.services.rights import check_owner, require_right
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.rights import people_who_may
from shopcomm.core.configuration.models import shop_settings
from shopcomm.core.deadlocks import retry_on_deadlock

State = ChangeRequest.State
# Answered long after this, a request says nothing about what the customer wants today.
FORGOTTEN = timedelta(hours=24)
ANSWERERS = {
    Handler.WAREHOUSE: "changes.answer_stockroom",
    Handler.SALES: "changes.answer",
    Handler.COURIER: "changes.answer_courier",
    Handler.CUSTOMER: "changes.answer_own",
    Handler.OUTSIDE: "changes.answer_outside",
}


@retry_on_deadlock
@transaction.atomic
def request_change(
    *,
    actor: Actor,
    order_id: int,
    kind: str,
    data: dict[str, Any],
    key: str = "",
    source_message_seq: int | None = None,
    shops_wish: bool = False,
    shown: str = "",
) -> ChangeRequest:
    """Ask for a change: applied at once, laid before somebody, or declined, as the policy says for the order's stage.

    `key` again answers the request it already made. `source_message_seq`: the customer's message that asks for it, which makes
    it the customer's wish whoever writes it down. What the shop wants of a paid order waits for the customer's word;
    an integration says so by `shops_wish`; `shown` is the mark of the price that somebody saw of the goods they ask
    for. Raises Order.DoesNotExist, NotAllowed, PricesChanged, and GuardFailed or InsufficientStock for what cannot be
    done as asked.
    """
    order, lines = lock_order_with_lines(order_id)
    check_owner(order, actor)
    if key and (known := ChangeRequest.objects.filter(order=order, key=key[:80]).first()):
        return known
    wanted = parse_change(order, kind, data, actor)
    if shown and kind == ChangeKind.ITEMS and shown != price_of_goods(order, wanted["items"]).mark:
        raise PricesChanged
    request = new_request(
        order, lines, kind, wanted, actor, key=key[:80], source_message_seq=source_message_seq
    )
    if not request.after:
        return close_request(request, actor, State.ACCEPTED, _("和现在一样"))
    limit = shop_settings().customer_changes_per_order
    if not actor.is_shop and customer_changes(order) >= limit:
        raise GuardFailed(
            ("change_limit", _("一个订单最多自助修改 %(count)s 次，请联系客服") % {"count": limit})
        )
    if source_message_seq is None and requires_consent(order, actor, request.after, shops_wish=shops_wish):
        return request_consent(request, order, lines, actor)
    return apply_or_route(request, order, lines, actor)


@retry_on_deadlock
@transaction.atomic
def accept_change(*, actor: Actor, request_id: int, seen: Seen | None = None) -> ChangeRequest:
    """Accept a request and apply it; one that the shop asked of the customer continues by the policy.

    Accepting twice is accepting once. What was agreed since stays; where that clashes, `seen` (what the actor looked
    at) has it as asked all the same.
    Raises ChangeRequest.DoesNotExist, NotAllowed, ChangeClash, StaleVersion, and GuardFailed when it is answered
    otherwise or can no longer be done.
    """
    request, order = locked_request(request_id)
    if request.consent and actor.is_customer:
        check_owner(order, actor)
        return request
    _check_answerer(request, order, actor)
    if request.state == State.ACCEPTED:
        return request
    check_open(request)
    if request.handler == Handler.CUSTOMER:
        return record_consent(request, order, actor, {"by": "tap", "who": actor.name}, seen=seen)
    if not merge_request_with_order(request, order, lock_lines(order), actor, seen=seen):
        return request
    close_request(request, actor, State.ACCEPTED, "")
    # A courier who agrees brings the parcel elsewhere: the order's address is where it goes now.
    apply_change_request(request, order, actor, seen=request.handler in (Handler.WAREHOUSE, Handler.COURIER))
    return request


@retry_on_deadlock
@transaction.atomic
def decline_change(*, actor: Actor, request_id: int, reason: str) -> ChangeRequest:
    """Refuse a request with a reason the customer reads. Raises as accept_change does."""
    request, order = locked_request(request_id)
    _check_answerer(request, order, actor)
    if request.state == State.DECLINED:
        return request
    check_open(request)
    if not reason.strip() and request.handler != Handler.CUSTOMER:
        raise GuardFailed(("reason_required", _("请填写原因")))
    close_request(request, actor, State.DECLINED, reason.strip() or _("客户不同意"))
    record_rejection(request, order, actor)
    return request


@retry_on_deadlock
@transaction.atomic
def withdraw_change(*, actor: Actor, request_id: int) -> ChangeRequest:
    """Take one's own request back; the shop may do it for the customer. Raises as accept_change does."""
    request, order = locked_request(request_id)
    check_owner(order, actor)
    if actor.is_customer and request.asked_by_kind != "customer" and request.source_message_seq is None:
        raise NotAllowed(needed=people_who_may("changes.answer"))
    if request.state == State.WITHDRAWN:
        return request
    check_open(request)
    close_request(request, actor, State.WITHDRAWN, "")
    record_rejection(request, order, actor)
    return request


@retry_on_deadlock
@transaction.atomic
def intercept_parcel(*, actor: Actor, request_id: int) -> ChangeRequest:
    """Have the courier asked to bring a parcel where a request that came too late wanted it. Twice is once.

    Raises ChangeRequest.DoesNotExist, NotAllowed, GuardFailed when it is not late, or something newer was asked.
    """
    late, order = locked_request(request_id)
    check_owner(order, actor)
    key = f"intercept-{late.pk}"
    if known := order.change_requests.filter(key=key).first():
        return known
    newest = interceptable_request(order)
    if newest is None or newest.pk != late.pk:
        raise GuardFailed(("nothing_to_intercept", _("这个包裹不能再拦截")))
    # Only what was asked for: the rest of the address may be another by now.
    address = {name: late.after[column] for name, column in COLUMNS.items() if column in late.after}
    return request_change(actor=actor, order_id=order.pk, kind=late.kind, data=address, key=key)


@retry_on_deadlock
@transaction.atomic
def escalate_change(*, request_id: int, now: datetime) -> bool:
    """Tell the managers of a request nobody has answered in time; never answer it by silence. Returns whether it was due."""
    request, order = locked_request(request_id)
    if request.state != State.OPEN or request.answer_by is None or request.answer_by > now:
        return False
    is_outside = request.handler == Handler.OUTSIDE
    # The other system has been told of it and may have done it already: only a person ends that.
    if request.escalated_at and now - request.answer_by >= FORGOTTEN and not is_outside:
        close_request(request, Actor.system(), State.EXPIRED, _("超时未处理"))
        record_rejection(request, order, Actor.system())
        return True
    if request.escalated_at:
        return False
    request.escalated_at = now
    request.save(update_fields=["escalated_at"])
    save_with_event(
        order,
        ChangeEscalated,
        actor=Actor.system(),
        request_id=request.pk,
        kind=request.kind,
        handler=request.handler,
        system=request.system,
        **({"before": request.before, "after": request.after} if is_outside else {}),
    )
    return True


def _check_answerer(request: ChangeRequest, order: Order, actor: Actor) -> None:
    """Whether it is this actor's to answer. Raises NotAllowed."""
    require_right(actor, ANSWERERS[Handler(request.handler)] if request.handler else "changes.answer")
    if request.handler == Handler.CUSTOMER:
        check_owner(order, actor)
    if request.handler == Handler.OUTSIDE and actor.is_person and not may_answer_by_hand(order):
        raise NotAllowed(needed=[request.system])
