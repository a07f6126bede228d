"""Applying a request: merged with the current order, so that it undoes nothing agreed since it was made."""

from django.utils.translation import gettext as _

from orders.errors import ChangeClash
from orders.models import ChangeKind, ChangeRequest, Order, OrderLine, Status
from orders.policies.change_merging import Merged, Seen, merge_change
from orders.selectors.asked_prices import at_asked_prices, clash_price_mark, price_clashes
from orders.selectors.change_clashes import clash_texts, fields_now, skus_of
from orders.services.change_requests.close import close_request, record_rejection
from orders.services.change_requests.compare import compare_with_order
from orders.services.editing import edit_order
from orders.services.transitions import transition_order
from orders.services.versions import check_version
from shopcomm.core.accounts.actors import Actor


def merge_request_with_order(
    request: ChangeRequest, order: Order, lines: list[OrderLine], actor: Actor, *, seen: Seen | None
) -> bool:
    """Merge a request with what happened to its locked order since; whether anything of it is left to do.

    `seen` is what the actor looked at when they chose to have it as asked although it clashes. Goods are granted at the
    price that was shown when they were asked for. A request that the order fulfils already ends here.
    Raises ChangeClash, and StaleVersion when the choice was made on an older order.
    """
    if request.kind == ChangeKind.CANCEL:
        return True
    now = fields_now(order, lines, request.data)
    merged = merge_change(request.data, request.before, now)
    _check_chosen(order, merged, skus_of(now), actor, seen)
    data = at_asked_prices(merged.data, request.before, skus_of(now))
    told = {name: request.after[name] for name in ("total",) if name in request.after}
    request.data, request.base_version = data, order.version
    request.before, request.after = compare_with_order(order, lines, request.kind, data)
    if not request.after:
        close_request(request, actor, ChangeRequest.State.VOID, _("订单已经是这样，不用再改"))
        record_rejection(request, order, actor)
        return False
    if told:
        request.before["total"] = str(order.total)
        request.after |= told
    return True


def _check_chosen(order: Order, merged: Merged, held: set[str], actor: Actor, seen: Seen | None) -> None:
    """Whether somebody has looked at all that clashes. Raises ChangeClash, StaleVersion."""
    moved = price_clashes(merged.data, held, order.customer)
    if not merged.clashes and not moved:
        return
    if seen is not None:
        check_version(order, seen.version)
    if seen is None or seen.prices != clash_price_mark(moved):
        told = clash_texts(merged.clashes + moved, whole=actor.is_customer)
        raise ChangeClash(version=order.version, clashes=told)


def apply_change_request(request: ChangeRequest, order: Order, actor: Actor, *, seen: bool = False) -> Order:
    """Change the order as was asked. `seen`: the warehouse itself said yes, nobody needs to be told again.

    Raises what edit_order and transition_order raise.
    """
    if request.kind == ChangeKind.CANCEL:
        unpaid = order.status == Status.PENDING_PAYMENT
        to = Status.CANCELLED if unpaid else Status.REFUNDING
        # Whoever agrees to it, it is the customer who wants out.
        asker = actor if actor.may("changes.answer") else Actor.customer(order.customer)
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
        request=request,
    )
