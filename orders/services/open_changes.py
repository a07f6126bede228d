"""How requests to change an order end, and that everybody is told."""

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.errors import GuardFailed
from orders.events import ChangeRejected
from orders.models import ChangeRequest, Order
from orders.services.announce import record
from orders.services.locks import lock_order
from shopcomm.core.accounts.actors import Actor

State = ChangeRequest.State


def locked_request(request_id: int) -> tuple[ChangeRequest, Order]:
    """A request with its order, the order locked first as everywhere. Raises ChangeRequest.DoesNotExist."""
    order = lock_order(ChangeRequest.objects.values_list("order_id", flat=True).get(pk=request_id))
    return ChangeRequest.objects.select_for_update().get(pk=request_id), order


def check_open(request: ChangeRequest) -> None:
    """Refuse to answer what has its answer. Raises GuardFailed."""
    if request.state != State.OPEN:
        raise GuardFailed(
            ("change_answered", _("这个申请%(state)s") % {"state": request.get_state_display()})
        )


def settle(request: ChangeRequest, actor: Actor, state: str, answer: str) -> ChangeRequest:
    """Write down the end of a request."""
    request.state, request.answer = state, answer[:300]
    request.answered_by, request.answered_at = actor.name, timezone.now()
    request.save()
    return request


def void_open_changes(order: Order, actor: Actor, reason: str = "") -> None:
    """End what is still open of a locked order: it has shipped or ended. All stock rows must be locked already."""
    for request in order.change_requests.select_for_update().filter(state=State.OPEN).order_by("pk"):
        settle(request, actor, State.VOID, reason or _("订单已有变化，申请已失效"))
        tell_rejection(request, order, actor)


def tell_rejection(request: ChangeRequest, order: Order, actor: Actor) -> None:
    """Write down, for everybody concerned, that a request came to nothing."""
    record(
        order,
        ChangeRejected,
        actor=actor,
        request_id=request.pk,
        kind=request.kind,
        state=request.state,
        reason=request.answer,
        handler=request.handler,
    )
