"""Closing change requests, and telling everybody concerned."""

from collections import Counter
from collections.abc import Callable, Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import ChangeRejected
from orders.models import ChangeKind, ChangeRequest, Order, OrderLine
from orders.services.locks import lock_order
from orders.services.saving import save_with_event
from shopcomm.core.accounts.actors import Actor

State = ChangeRequest.State


def locked_request(request_id: int) -> tuple[ChangeRequest, Order]:
    """A request with its order, the order locked first as everywhere. Raises ChangeRequest.DoesNotExist."""
    order = lock_order(ChangeRequest.objects.values_list("order_id", flat=True).get(pk=request_id))
    return ChangeRequest.objects.select_for_update().get(pk=request_id), order


def check_open(request: ChangeRequest) -> None:
    """Refuse to answer a request that is closed. Raises GuardFailed."""
    if request.state != State.OPEN:
        raise GuardFailed(
            ("change_answered", _("这个申请%(state)s") % {"state": request.get_state_display()})
        )


def close_request(request: ChangeRequest, actor: Actor, state: str, answer: str) -> ChangeRequest:
    """Write down the end of a request."""
    request.state, request.answer = state, answer[:300]
    request.answered_by, request.answered_at = actor.name, timezone.now()
    request.save()
    return request


def void_open_changes(
    order: Order, actor: Actor, reason: str = "", *, only: Callable[[ChangeRequest], bool] | None = None
) -> None:
    """End what is still open of a locked order: it has shipped or ended. All stock rows must be locked already.

    `only` says which of them it concerns.
    """
    for request in order.change_requests.select_for_update().filter(state=State.OPEN).order_by("pk"):
        if only is not None and not only(request):
            continue
        close_request(request, actor, State.VOID, reason or _("订单已有变化，申请已失效"))
        record_rejection(request, order, actor)


def wants_shipped_goods(request: ChangeRequest, lines: Iterable[OrderLine]) -> bool:
    """Whether a request wants back goods that have shipped: fewer pieces than have left already."""
    if request.kind != ChangeKind.ITEMS:
        return False
    gone: Counter[str] = Counter()
    for line in lines:
        gone[line.sku] += line.shipped_quantity + line.cancelled_quantity
    wanted: Counter[str] = Counter()
    for row in request.data["items"]:
        wanted[row["sku"]] += row["quantity"]
    return any(wanted[sku] < count for sku, count in gone.items() if count)


def record_rejection(request: ChangeRequest, order: Order, actor: Actor) -> None:
    """Write down, for everybody concerned, that a request came to nothing."""
    save_with_event(
        order,
        ChangeRejected,
        actor=actor,
        request_id=request.pk,
        kind=request.kind,
        state=request.state,
        reason=request.answer,
        handler=request.handler,
    )
