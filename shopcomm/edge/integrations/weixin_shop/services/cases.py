"""After-sales of buyers: fetched, and followed here as a case, as a wish to cancel, or as a line for a person."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from orders.models import AfterSalesCase, ChangeKind, ChangeRequest, Order, Refund
from orders.services.after_sales import (
    CaseInput,
    CaseLine,
    approve_case,
    open_case,
    record_return_parcel,
    reject_case,
    withdraw_case,
)
from orders.services.change_requests.request import decline_change, request_change, withdraw_change
from orders.services.outside import record_outside_refusal
from orders.services.refunds import PAYABLE, pay_refund
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.outcomes import run_service
from shopcomm.edge.integrations.models import OutsideOrder
from shopcomm.edge.integrations.weixin_shop.codes import NO_RIGHT
from shopcomm.edge.integrations.weixin_shop.mapping import courier_of_weixin
from shopcomm.edge.integrations.weixin_shop.mapping_cases import read_weixin_case
from shopcomm.edge.integrations.weixin_shop.models import WeixinDocument
from shopcomm.edge.integrations.weixin_shop.services.client import call_weixin
from shopcomm.edge.integrations.weixin_shop.services.documents import want_documents
from shopcomm.edge.integrations.weixin_shop.services.fetching import put_off_document
from shopcomm.edge.integrations.weixin_shop.services.queueing import CASE_KEY, queue_request_answers
from shopcomm.edge.integrations.weixin_shop.services.wire import WeixinRefused

State, Kind = AfterSalesCase.State, AfterSalesCase.Kind
KINDS = {"RETURN": Kind.RETURN, "REFUND": Kind.REFUND}


def fetch_case(document: WeixinDocument) -> None:
    """Fetch an after-sale; what has changed is followed. Raises WeixinAway, and WeixinRefused where it concerns all."""
    wanted = document.wanted
    try:
        asked = {"after_sale_order_id": document.external_id}
        found = call_weixin(document.connection, "aftersale/getaftersaleorder", asked)
    except WeixinRefused as error:
        if error.concerns_all and error.code != NO_RIGHT:
            raise
        put_off_document(document, str(error))
        return
    _keep(document, read_weixin_case(found.get("after_sale_order")), wanted)


@transaction.atomic
def _keep(document: WeixinDocument, told: dict[str, Any], wanted: int) -> None:
    row = WeixinDocument.objects.select_for_update().get(pk=document.pk)
    row.is_open = row.is_open or row.said != told
    row.said, row.looks = told, row.looks + 1
    row.fetched, row.failures, row.error = max(row.fetched, wanted), 0, ""
    row.save()
    want_documents(row.connection, WeixinDocument.Kind.ORDER, [told["order_id"]])


# --- followed here ----------------------------------------------------------------------------------
def follow_case(document: WeixinDocument) -> bool:
    """Do here what an after-sale has come to there. False while its order is not here yet."""
    outside = OutsideOrder.objects.select_related("order", "connection").filter(
        connection=document.connection, external_id=document.said["order_id"], order__isnull=False
    )
    found = outside.first()
    if found is None or found.order is None:
        return False
    actor = Actor("api", None, document.connection.name, "system")
    answer = run_service(partial(_follow, actor, found.order, document))
    if answer.refusal:
        tell_person(document, found.order, answer.text)
    elif answer.result:
        tell_person(document, found.order, answer.result)
    queue_request_answers(found)
    WeixinDocument.objects.filter(pk=document.pk, said=document.said).update(is_open=False)
    return True


def tell_person(document: WeixinDocument, order: Order, reason: str) -> None:
    """A line beside the order, for the shop: what came from WeChat could not be done here."""
    source = document.connection.name
    record_outside_refusal(actor=Actor.system(), source=source, order_id=order.pk, reason=reason)


def _follow(actor: Actor, order: Order, document: WeixinDocument) -> str:
    """Bring the case to where it is there. Returns what a person has to see to; empty for nothing. Raises refusals."""
    said, key = document.said, f"{CASE_KEY}{document.external_id}"
    case = AfterSalesCase.objects.filter(order=order, key=key).first()
    request = ChangeRequest.objects.filter(order=order, key=key).first()
    if case is None and request is None:
        if said["status"] in ENDED_THERE:
            return ""
        if order.shipments.exists():
            case = _open_case(actor, order, document, key)
        else:
            return _ask_to_cancel(actor, order, document, key)
    if request is not None and case is None:
        return _follow_request(actor, request, said["status"])
    step = STEPS.get(said["status"])
    if case is None or step is None:
        unknown = _("微信小店的售后 %(id)s 到了“%(status)s”，请到微信小店后台看一下")
        return unknown % {"id": document.external_id, "status": said["status"]}
    return step(actor, case, said)


def _open_case(actor: Actor, order: Order, document: WeixinDocument, key: str) -> AfterSalesCase:
    said = document.said
    wanted = CaseInput(
        kind=KINDS.get(said["type"], Kind.RETURN),
        reason=AfterSalesCase.Reason.OTHER,
        lines=_case_lines(order, document),
        note="；".join(filter(None, (said["reason"], said["description"]))),
        key=key,
    )
    return open_case(actor=actor, order_id=order.pk, wanted=wanted)


def _case_lines(order: Order, document: WeixinDocument) -> list[CaseLine]:
    """The line of the order that is meant, with as many pieces as were asked for."""
    said = document.said
    sku = next((each["sku"] for each in _goods_of(document) if each["sku_id"] == said["sku_id"]), "")
    line = next((each for each in order.lines.all() if each.sku.casefold() == sku.casefold()), None)
    return [CaseLine(line.pk, said["count"])] if line is not None else []


def _goods_of(document: WeixinDocument) -> list[dict[str, Any]]:
    bought = WeixinDocument.objects.filter(
        connection=document.connection, kind=WeixinDocument.Kind.ORDER, external_id=document.said["order_id"]
    )
    return next((each.goods for each in bought), [])


def _ask_to_cancel(actor: Actor, order: Order, document: WeixinDocument, key: str) -> str:
    """Nothing has left: who wants all of the money back wants no goods. A part of it is a person's to arrange."""
    pieces = sum(line.open_quantity for line in order.lines.all())
    if len(_goods_of(document)) > 1 or document.said["count"] < pieces:
        part = _(
            "买家在微信小店申请退其中 %(count)s 件（售后 %(id)s），还没有发货，请与买家商量后到微信小店后台处理"
        )
        return part % {"count": document.said["count"], "id": document.external_id}
    data = {"reason": document.said["reason"] or _("买家在微信小店申请退款")}
    request_change(actor=actor, order_id=order.pk, kind=ChangeKind.CANCEL, data=data, key=key)
    return ""


def _follow_request(actor: Actor, request: ChangeRequest, status: str) -> str:
    if request.state == ChangeRequest.State.OPEN and status in ENDED_THERE:
        withdraw_change(actor=actor, request_id=request.pk)
    elif request.state == ChangeRequest.State.OPEN and status in REJECTED_THERE:
        decline_change(actor=actor, request_id=request.pk, reason=_("微信小店后台已拒绝"))
    return ""


# --- states of a case -------------------------------------------------------------------------------
def _wait(_actor: Actor, _case: AfterSalesCase, _said: dict[str, Any]) -> str:
    return ""


def _withdraw(actor: Actor, case: AfterSalesCase, _said: dict[str, Any]) -> str:
    if case.state in (State.APPLIED, State.WAITING_RETURN):
        withdraw_case(actor=actor, case_id=case.pk)
        return ""
    is_over = case.state in (State.WITHDRAWN, State.REJECTED)
    return "" if is_over else _("买家在微信小店取消了售后，这里已经在办，请看一下")


def _reject(actor: Actor, case: AfterSalesCase, _said: dict[str, Any]) -> str:
    if case.state in (State.APPLIED, State.INSPECTING):
        reject_case(actor=actor, case_id=case.pk, reason=_("微信小店后台已拒绝"))
        return ""
    return "" if case.state == State.REJECTED else _("微信小店后台拒绝了售后，这里已经同意，请看一下")


def _accept(actor: Actor, case: AfterSalesCase, _said: dict[str, Any]) -> str:
    if case.state == State.APPLIED:
        approve_case(actor=actor, case_id=case.pk, answer=_("微信小店后台已同意"))
        return ""
    return _("微信小店后台同意了售后，这里已经拒绝，请看一下") if case.state == State.REJECTED else ""


def _send_back(actor: Actor, case: AfterSalesCase, said: dict[str, Any]) -> str:
    told = _accept(actor, case, said)
    case.refresh_from_db()
    if case.state in (State.WAITING_RETURN, State.RETURN_IN_TRANSIT) and said["waybill"]:
        carrier = courier_of_weixin(said["delivery_id"])
        record_return_parcel(actor=actor, case_id=case.pk, carrier=carrier, tracking_number=said["waybill"])
    return told


def _pay(actor: Actor, case: AfterSalesCase, said: dict[str, Any]) -> str:
    """WeChat has paid the buyer. What is promised here is paid with it; goods that are still on their way are waited for."""
    told = _accept(actor, case, said)
    for refund in case.refunds.filter(state__in=PAYABLE).exclude(purpose=Refund.Purpose.ORDER).order_by("pk"):
        pay_refund(actor=actor, refund_id=refund.pk, reference=said["id"])
    case.refresh_from_db()
    if case.state in (State.WAITING_RETURN, State.RETURN_IN_TRANSIT, State.INSPECTING):
        return _("微信小店已经退款给买家，退货还没有验收，请看一下")
    return told


def _see_to_it(_actor: Actor, case: AfterSalesCase, said: dict[str, Any]) -> str:
    text = _("微信小店的售后 %(id)s 到了“%(status)s”，请到微信小店后台看一下")
    return text % {"id": said["id"], "status": said["status"]}


ENDED_THERE = frozenset(
    {"USER_CANCELD", "RETURN_CLOSED", "MERCHANT_FAIL", "MERCHANT_REFUND_SUCCESS", "MERCHANT_RETURN_SUCCESS"}
)
REJECTED_THERE = frozenset({"MERCHANT_REJECT_REFUND", "MERCHANT_REJECT_RETURN"})
STEPS: dict[str, Callable[[Actor, AfterSalesCase, dict[str, Any]], str]] = {
    "MERCHANT_PROCESSING": _wait,
    "USER_WAIT_CONFIRM": _wait,
    "USER_WAIT_CONFIRM_UPDATE": _wait,
    "PLATFORM_REFUNDING": _wait,
    "USER_CANCELD": _withdraw,
    "RETURN_CLOSED": _withdraw,
    "MERCHANT_FAIL": _withdraw,
    "MERCHANT_REJECT_REFUND": _reject,
    "MERCHANT_REJECT_RETURN": _reject,
    "USER_WAIT_RETURN": _accept,
    "MERCHANT_WAIT_RECEIPT": _send_back,
    "MERCHANT_REFUND_SUCCESS": _pay,
    "MERCHANT_RETURN_SUCCESS": _pay,
    "MERCHANT_OVERDUE_REFUND": _see_to_it,
    "MERCHANT_REFUND_RETRY_FAIL": _see_to_it,
    "PLATFORM_REFUND_FAIL": _see_to_it,
}
