"""What another system answers to a change it was asked for: accepted, or refused with a reason."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _
from rest_framework import serializers

from orders.models import ChangeRequest, Handler, Order
from orders.services.change_requests.request import decline_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.outcomes import Outcome, run_service
from shopcomm.core.reading import MOST_ID, iso_moment
from shopcomm.edge.integrations.freshness import Said
from shopcomm.edge.integrations.inbound_order import NotReadable, error_text
from shopcomm.edge.integrations.models import InboundRecord, OutsideOrder
from shopcomm.edge.integrations.services.order_parts import (
    ORDER_UNKNOWN,
    Applied,
    Refused,
    known_order,
    sender_of,
)
from shopcomm.edge.integrations.services.receiving import store_record
from shopcomm.edge.integrations.services.shown_changes import PARTS_OF_KINDS, accept_as_decided

ANSWERED = "order.change_answered"
# Otherwise than by what was done already.
CONTRADICTED = "change_answered"
State = ChangeRequest.State


class AnswerInput(serializers.Serializer):
    """The answer itself."""

    accepted = serializers.BooleanField(help_text="true: it is changed in the other system")
    reason = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="", help_text="the customer reads it"
    )


class AnswerOfRequestInput(AnswerInput):
    """With the request that it is about."""

    external_id = serializers.CharField(max_length=64)
    request = serializers.IntegerField(min_value=1, max_value=MOST_ID)


@dataclass(frozen=True)
class Answered:
    """What became of an answer: the request as it is now, whether that is news, and what is in the way."""

    request: ChangeRequest
    is_news: bool
    refused: Refused | None = None


def apply_answer(record: InboundRecord) -> Applied:
    """Close the request that a record answers. Raises NotReadable for one that is not known, or no answer at all."""
    form = AnswerOfRequestInput(data=record.body.get("data"))
    if not form.is_valid():
        raise NotReadable("unreadable", error_text(form.errors))
    said = form.validated_data
    order = _order_of(record, said["external_id"])
    request = order.change_requests.filter(pk=said["request"], handler=Handler.OUTSIDE).first()
    if request is None:
        raise NotReadable(
            "request_unknown",
            _("这个订单没有向对方系统提出过编号 %(id)s 的修改申请") % {"id": said["request"]},
        )
    answered = settle_request(
        actor=sender_of(record),
        request=request,
        accepted=said["accepted"],
        reason=said["reason"],
        is_last_word=not _has_said_more(record, request),
    )
    refused = (answered.refused,) if answered.refused else ()
    detail = answered.refused.detail if answered.refused else ""
    return Applied(order.pk, answered.is_news, refused, detail=detail)


def _has_said_more(record: InboundRecord, request: ChangeRequest) -> bool:
    """Whether the other system has said something newer than its answer of what the request is about."""
    outside = OutsideOrder.objects.filter(connection=record.connection, order=request.order_id).first()
    kept = outside.seen.get(PARTS_OF_KINDS.get(request.kind, "")) if outside else None
    at = iso_moment(record.body.get("timestamp")) or record.received_at
    return kept is not None and Said.from_json(kept).at > at


def _order_of(record: InboundRecord, external_id: str) -> Order:
    outside = OutsideOrder.objects.filter(connection=record.connection, external_id=external_id)
    found = outside.select_related("order", "connection").first()
    order = known_order(found or OutsideOrder(connection=record.connection, external_id=external_id))
    if order is None:
        raise NotReadable(ORDER_UNKNOWN, _("还没有收到这个订单；收到后会自动处理"))
    return order


def settle_request(
    *, actor: Actor, request: ChangeRequest, accepted: bool, reason: str = "", is_last_word: bool = True
) -> Answered:
    """Accept or refuse a request in the name of the system that it was laid before, as a person's answer would.

    Accepted, the order becomes as asked for, also where that system has changed the same thing since the request. Where
    it has changed it once more since (`is_last_word` is false), that is what holds, and the customer is told so.
    The same answer again changes nothing. One that comes after another end of the request is refused, unless nothing
    was done and nothing is to be done.
    """
    if accepted and request.state == State.ACCEPTED:
        return Answered(request, False)
    was_open = request.state == State.OPEN
    work = partial(accept_as_decided, actor=actor, request_id=request.pk)
    if not accepted or not is_last_word:
        told = _("接受以后又改过，以订单现在的内容为准") if accepted else reason.strip()
        told = told or _("对方系统没有说明原因")
        work = partial(decline_change, actor=actor, request_id=request.pk, reason=told)
    done: Outcome[ChangeRequest] = run_service(work)
    if not done.refusal:
        return Answered(done.result, was_open)
    request.refresh_from_db()
    if request.state == State.OPEN:
        return Answered(request, True, Refused(done.refusal.code, done.text))
    if not accepted and request.state != State.ACCEPTED:
        return Answered(request, False)
    return Answered(request, True, Refused(CONTRADICTED, _contradiction(request, accepted=accepted)))


def _contradiction(request: ChangeRequest, *, accepted: bool) -> str:
    values = {
        "system": request.system,
        "kind": request.get_kind_display(),
        "state": request.get_state_display(),
    }
    if accepted:
        return _("%(system)s接受了修改%(kind)s的申请，这里%(state)s，请和对方核对") % values
    return _("%(system)s拒绝了修改%(kind)s的申请，这里%(state)s，请和对方核对") % values


def answer_by_api(*, actor: Actor, request: ChangeRequest, accepted: bool, reason: str) -> Answered:
    """The same for a program with a key. What contradicts is kept as a record of the other system, for a person."""
    answered = settle_request(actor=actor, request=request, accepted=accepted, reason=reason)
    outside = OutsideOrder.objects.filter(order=request.order_id).select_related("connection").first()
    if answered.refused and outside:
        said = {
            "external_id": outside.external_id,
            "request": request.pk,
            "accepted": accepted,
            "reason": reason,
        }
        store_record(
            connection=outside.connection,
            message_id=f"answer:{request.pk}:{accepted}",
            body={"type": ANSWERED, "data": said},
        )
    return answered
