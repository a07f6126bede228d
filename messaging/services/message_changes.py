"""Change requests made from messages: the text is parsed and shown, and applied only when somebody confirms."""

from typing import Any

from django.utils.translation import gettext as _

from messaging.errors import NotFound
from messaging.models import Message, Sender
from messaging.selectors.messages import visible_text
from orders.errors import GuardFailed
from orders.models import ChangeKind, ChangeRequest
from orders.services.change_requests.request import request_change
from shopcomm.core.accounts.actors import Actor


def request_from_message(*, actor: Actor, message: Message, **wanted: Any) -> ChangeRequest:
    """Make the change request that a message asks for. The customer's own words count as the customer's request.

    Takes `kind`, `data` and `key` as request_change does, and raises what it raises; NotFound without an order.
    """
    order = message.conversation.order
    if order is None:
        raise NotFound()
    customers = message.sender_kind == Sender.CUSTOMER
    return request_change(
        actor=actor, order_id=order.pk, source_message_seq=message.seq if customers else None, **wanted
    )


def apply_offered_address(*, actor: Actor, conversation_id: int, seq: int) -> ChangeRequest:
    """Confirm the address that a message offers. Twice is once. Raises NotFound, and what request_change raises."""
    message = visible_text(actor, conversation_id, seq)
    if message is None:
        raise NotFound()
    address = message.data.get("address")
    if not address:
        raise GuardFailed(("nothing_offered", _("这条消息里没有完整的地址")))
    # A message that names nobody is of the receiver that the order has.
    data = {name: value for name, value in address.items() if value or name == "district"}
    return request_from_message(
        actor=actor, message=message, kind=ChangeKind.ADDRESS.value, data=data, key=f"message-{seq}-address"
    )


def change_result_text(request: ChangeRequest) -> str:
    """The outcome of a request, for the person who has just made it."""
    if request.state == ChangeRequest.State.DECLINED:
        return request.answer
    if request.state == ChangeRequest.State.OPEN:
        return _("申请已提交，等待%(who)s处理") % {"who": request.get_handler_display()}
    if request.kind == ChangeKind.CANCEL:
        return request.answer or _("订单已取消")
    return request.answer or _("已修改")
