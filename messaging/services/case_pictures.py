"""Opening a case with pictures: they are posted to the order's conversation, where both sides find them."""

import uuid
from dataclasses import replace

from django.db import transaction

from messaging.models import Attachment
from messaging.services.conversations import ensure_order_conversation
from messaging.services.form_pictures import FormPictures, keep_pictures, message_kind
from messaging.services.messages import send_message
from orders.models import AfterSalesCase, Order
from orders.services.after_sales import MAX_PICTURES, CaseInput, open_case
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock


def open_case_with_pictures(
    *, actor: Actor, order: Order, wanted: CaseInput, given: FormPictures
) -> AfterSalesCase:
    """Open a case; it remembers which pictures were sent with it.

    The pictures are uploads of their own: those of a case that is refused go the way of all that is never sent.
    Raises the refusals of both domains.
    """
    return _open(actor, order, wanted, keep_pictures(actor=actor, given=given, most=MAX_PICTURES))


@retry_on_deadlock
@transaction.atomic
def _open(actor: Actor, order: Order, wanted: CaseInput, stored: list[Attachment]) -> AfterSalesCase:
    wanted = replace(wanted, pictures=[str(each.pk) for each in stored])
    case = open_case(actor=actor, order_id=order.pk, wanted=wanted)
    # The same form again is the same case, and its message the same message.
    if stored and case.pictures == wanted.pictures:
        send_message(
            actor=actor,
            conversation_id=ensure_order_conversation(order).pk,
            client_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"case:{case.pk}")),
            kind=message_kind(stored),
            attachments=case.pictures,
        )
    return case
