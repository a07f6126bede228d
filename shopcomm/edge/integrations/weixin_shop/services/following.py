"""What came of a look at WeChat and concerns more than the order's parts: addresses that buyers ask for, after-sales."""

from functools import partial

from django.db.models import Q
from django.utils import timezone

from orders.models import ChangeKind, ChangeRequest
from orders.services.change_requests.request import request_change, withdraw_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.outcomes import run_service
from shopcomm.edge.integrations.models import Connection, InboundRecord, OutsideOrder
from shopcomm.edge.integrations.weixin_shop.models import WeixinDocument
from shopcomm.edge.integrations.weixin_shop.services.cases import follow_case, tell_person
from shopcomm.edge.integrations.weixin_shop.services.queueing import (
    ADDRESS_KEY,
    queue_address_rejection,
    queue_request_answers,
)


def open_documents(connection: Connection) -> list[WeixinDocument]:
    """What is to be followed, the oldest first."""
    rows = WeixinDocument.objects.select_related("connection").filter(connection=connection, is_open=True)
    return list(rows.filter(due_at__lte=timezone.now()).order_by("pk"))


def follow_document(document: WeixinDocument) -> bool:
    """Do here what was asked for or has happened there. False while its order is not here yet."""
    about_case = document.kind == WeixinDocument.Kind.AFTER_SALE
    if _is_being_applied(document, document.said["order_id"] if about_case else document.external_id):
        return False
    if about_case:
        return follow_case(document)
    here = Q(connection=document.connection, external_id=document.external_id, order__isnull=False)
    outside = OutsideOrder.objects.select_related("order").filter(here).first()
    if outside is None:
        return False
    actor = Actor("api", None, document.connection.name, "system")
    if document.review.get("gone"):
        _withdraw_review(actor, outside, document)
    elif document.review:
        _ask_for_review(actor, outside, document)
    queue_request_answers(outside)
    return True


def _is_being_applied(document: WeixinDocument, order_id: str) -> bool:
    """Whether what was said of the order has still to be applied: that it is paid comes before that it is cancelled."""
    waiting = InboundRecord.objects.filter(state=InboundRecord.State.RECEIVED)
    return waiting.filter(connection=document.connection, external_id=order_id).exists()


def _ask_for_review(actor: Actor, outside: OutsideOrder, document: WeixinDocument) -> None:
    """The buyer's new address is a request like any other: while it is open, no parcel leaves."""
    review, order = document.review, outside.order
    asked = partial(
        request_change,
        actor=actor,
        order_id=outside.order_id or 0,
        kind=ChangeKind.ADDRESS,
        data={"address": review["address"]},
        key=f"{ADDRESS_KEY}{review['applied_at']}",
    )
    answer = run_service(asked)
    if answer.refusal and order is not None:
        tell_person(document, order, answer.text)
        queue_address_rejection(outside, str(review["applied_at"]))
    _note_review(document, review | {"asked": True})


def _withdraw_review(actor: Actor, outside: OutsideOrder, document: WeixinDocument) -> None:
    """Nobody asks for it there any more: the buyer took it back, or it was answered in WeChat's own pages."""
    key = f"{ADDRESS_KEY}{document.review['applied_at']}"
    request = ChangeRequest.objects.filter(
        order_id=outside.order_id or 0, key=key, state=ChangeRequest.State.OPEN
    ).first()
    if request is not None:
        run_service(partial(withdraw_change, actor=actor, request_id=request.pk))
    _note_review(document, {})


def _note_review(document: WeixinDocument, review: dict[str, object]) -> None:
    rows = WeixinDocument.objects.filter(pk=document.pk, review=document.review)
    rows.update(review=review, is_open=False)
