"""付款凭证: the picture of a payment goes into the order's conversation, where the shop looks it up and books it."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from messaging.errors import FileTypeRefused
from messaging.services.conversations import ensure_order_conversation
from messaging.services.form_pictures import FormPictures, keep_pictures
from messaging.services.messages import send_message
from orders.models import Order
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_customer_form_once
from shopcomm.edge.portal.visits import Visit, link_customer_required


@require_POST
@link_customer_required
def send_slip(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Send it; no payment is booked by it."""

    def send() -> str:
        given = FormPictures.read(request.POST, request.FILES, field="picture")
        return run_customer_form_once(
            visit.link.customer_id, request, lambda: _send(visit.actor, visit.order, given)
        )

    sent = run_and_tell(request, send, _("凭证已发给商家，核对到账后这里会更新"))
    return redirect("portal:order" if sent.refusal else "portal:chat", visit.token)


def _send(actor: Actor, order: Order, given: FormPictures) -> str:
    pictures = keep_pictures(actor=actor, given=given, most=1)
    if not pictures:
        raise FileTypeRefused()
    (stored,) = pictures
    send_message(
        actor=actor,
        conversation_id=ensure_order_conversation(order).pk,
        client_id=str(uuid.uuid4()),
        kind=stored.kind,
        body=_("付款凭证"),
        attachments=[str(stored.pk)],
    )
    return str(stored.pk)
