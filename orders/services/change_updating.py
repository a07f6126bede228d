"""Bringing a request to the order as it is now, so that it undoes nothing that was agreed since it was made."""

from django.utils.translation import gettext as _

from orders.change_merging import merge_change
from orders.errors import ChangeClash
from orders.models import ChangeKind, ChangeRequest, Order, OrderLine
from orders.selectors.change_clashes import clash_texts, fields_now
from orders.services.change_contents import before_after
from orders.services.open_changes import settle, tell_rejection
from orders.services.versions import check_version
from shopcomm.core.accounts.actors import Actor


def bring_up_to_date(
    request: ChangeRequest, order: Order, lines: list[OrderLine], actor: Actor, *, seen: int | None
) -> bool:
    """Merge a request with what happened to its locked order since; whether anything of it is left to do.

    `seen` is the order's version that the actor looked at when they chose to have it as asked although it clashes.
    A request that the order fulfils already ends here. Raises ChangeClash, and StaleVersion when the choice was made
    on an older order.
    """
    if request.kind == ChangeKind.CANCEL:
        return True
    merged = merge_change(request.data, request.before, fields_now(order, lines, request.data))
    if merged.clashes:
        if seen is None:
            told = clash_texts(merged.clashes, whole=actor.kind == "customer")
            raise ChangeClash(version=order.version, clashes=told)
        check_version(order, seen)
    told = {name: request.after[name] for name in ("total",) if name in request.after}
    request.data, request.base_version = merged.data, order.version
    request.before, request.after = before_after(order, lines, request.kind, merged.data)
    if not request.after:
        settle(request, actor, ChangeRequest.State.VOID, _("订单已经是这样，不用再改"))
        tell_rejection(request, order, actor)
        return False
    if told:
        request.before["total"] = str(order.total)
        request.after |= told
    return True
