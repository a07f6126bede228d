"""From an event of an order to what its shop at WeChat is to be told: rows, each under a key of its own, so there once."""

from typing import Any

from django.utils import timezone

from orders.events import AfterSalesMoved, OrderChanged, OrderShipped, ShipmentUpdated
from orders.models import AfterSalesCase, ChangeKind, ChangeRequest
from orders.selectors.addresses import COLUMNS
from shopcomm.core.after_commit import call_after_commit
from shopcomm.core.events.facts import fact_of
from shopcomm.core.events.models import DomainEvent
from shopcomm.edge.integrations.models import OutsideOrder
from shopcomm.edge.integrations.weixin_shop.models import WeixinCall
from shopcomm.edge.integrations.weixin_shop.services.documents import wake_weixin

Kind = WeixinCall.Kind
# How requests and cases are called here that a buyer made there; behind it stands which one.
ADDRESS_KEY, CASE_KEY = "weixin:address:", "weixin:case:"
RECEIVER = frozenset(COLUMNS.values())
CaseState = AfterSalesCase.State
CASE_ANSWERS = {
    CaseState.WAITING_RETURN.value: Kind.AFTER_SALE_ACCEPT,
    CaseState.REFUND_DUE.value: Kind.AFTER_SALE_ACCEPT,
    # Nothing was left to pay out; the buyer's money there is.
    CaseState.RESOLVED.value: Kind.AFTER_SALE_ACCEPT,
    CaseState.REJECTED.value: Kind.AFTER_SALE_REJECT,
}


def queue_weixin_calls(connection_id: int, event: DomainEvent) -> None:
    """Write down what the shop is to be told of an event; told again, it is there once. Whether it still has to be told is looked at then."""
    outside = OutsideOrder.objects.filter(connection_id=connection_id, order_id=event.order_id or 0).first()
    if outside is None:
        return
    if shipment_id := _parcel_that_left(event):
        _queue(outside, Kind.DELIVERY, f"parcel:{shipment_id}", {"shipment": shipment_id})
    elif moved := fact_of(event, AfterSalesMoved):
        _queue_case_answer(outside, event, moved)
    elif changed := fact_of(event, OrderChanged):
        _queue_changed_fields(outside, event, changed)
    queue_request_answers(outside)


def _parcel_that_left(event: DomainEvent) -> int:
    """The parcel that an event has let go; 0 for none. A scan of the courier names a state, one that has just left has none."""
    if shipped := fact_of(event, OrderShipped):
        return shipped.shipment_id
    updated = fact_of(event, ShipmentUpdated)
    return updated.shipment_id if updated and not updated.state else 0


def queue_request_answers(outside: OutsideOrder) -> None:
    """Have buyers told there what became of what they asked for there."""
    asked = ChangeRequest.objects.filter(order_id=outside.order_id or 0, key__startswith="weixin:")
    for request in asked.exclude(state=ChangeRequest.State.OPEN).order_by("pk"):
        accepted = request.state == ChangeRequest.State.ACCEPTED
        if request.kind == ChangeKind.ADDRESS:
            kind = Kind.ADDRESS_ACCEPT if accepted else Kind.ADDRESS_REJECT
            data = {"applied_at": request.key.removeprefix(ADDRESS_KEY)}
        else:
            kind = Kind.AFTER_SALE_ACCEPT if accepted else Kind.AFTER_SALE_REJECT
            data = {"case": request.key.removeprefix(CASE_KEY), "reason": request.answer}
        _queue(outside, kind, f"request:{request.pk}", data)


def queue_address_rejection(outside: OutsideOrder, applied_at: str) -> None:
    """Have a buyer told that an address cannot be taken as it is."""
    _queue(
        outside, Kind.ADDRESS_REJECT, f"review:{outside.external_id}:{applied_at}", {"applied_at": applied_at}
    )


def _queue_case_answer(outside: OutsideOrder, event: DomainEvent, moved: AfterSalesMoved) -> None:
    case = AfterSalesCase.objects.filter(pk=moved.case_id, key__startswith=CASE_KEY).first()
    kind = CASE_ANSWERS.get(moved.state)
    if case is not None and kind is not None:
        data = {"case": case.key.removeprefix(CASE_KEY), "state": moved.state, "reason": moved.text}
        _queue(outside, kind, f"event:{event.pk}", data)


def _queue_changed_fields(outside: OutsideOrder, event: DomainEvent, changed: OrderChanged) -> None:
    if not RECEIVER.isdisjoint(changed.after):
        _queue(outside, Kind.ADDRESS, f"address:{event.pk}", {})
    if "note" in changed.after:
        _queue(outside, Kind.NOTE, f"note:{event.pk}", {})


def _queue(outside: OutsideOrder, kind: str, key: str, data: dict[str, Any]) -> None:
    row = WeixinCall(
        connection_id=outside.connection_id,
        order_id=outside.order_id or 0,
        external_id=outside.external_id,
        kind=kind,
        key=key,
        data=data,
    )
    WeixinCall.objects.bulk_create([row], ignore_conflicts=True)
    call_after_commit(wake_weixin)


def retry_weixin_call(*, call_id: int) -> WeixinCall:
    """Have something told once more that WeChat did not take; another one stays as it is."""
    rows = WeixinCall.objects.filter(pk=call_id, state=WeixinCall.State.FAILED)
    rows.update(state=WeixinCall.State.PENDING, due_at=timezone.now(), finished_at=None)
    call_after_commit(wake_weixin)
    return WeixinCall.objects.get(pk=call_id)
