"""催付, 催物流 from the order's head: a dialog with the words ready, sent into the order's conversation."""

from uuid import uuid4

from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.services.conversations import ensure_order_conversation
from messaging.services.messages import send_message
from messaging.services.nudges import COURIER, PAYMENT, nudge_of
from orders.models import Order
from orders.views.desk import not_now, visible_order
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.http.outcomes import outcome_answer
from shopcomm.core.http.sent_forms import run_form_once
from shopcomm.core.outcomes import run_service


@require_http_methods(["GET", "POST"])
@right_required("conversations.view")
def nudge_page(request: ShopRequest, number: str, what: str) -> HttpResponseBase:
    """Shows what would be said, and says it once as it was edited."""
    order = visible_order(request, number)
    if what not in (PAYMENT, COURIER):
        raise Http404
    found = nudge_of(order, what)
    if found is None:
        raise not_now(order)
    text, refusal = request.POST.get("text", found.text).strip(), ""
    if request.method == "POST":
        refusal = run_service(lambda: run_form_once(request, lambda: _send(request, order, text))).text
        if not refusal:
            return outcome_answer(request, _("已发给客户"), back=lambda: redirect("orders:chat", number))
    part = "X-Fragment" in request.headers
    context = {"order": order, "nudge": found, "what": what, "text": text, "refusal": refusal}
    template = "messaging/_nudge.html" if part else "messaging/nudge.html"
    return render(request, template, context | {"active": "orders"}, status=422 if refusal else 200)


def _send(request: ShopRequest, order: Order, text: str) -> str:
    talk = ensure_order_conversation(order)
    # The form's own key keeps it from being said twice; the message's only has to be one nobody else has.
    sent = send_message(
        actor=request.actor, conversation_id=talk.pk, client_id=uuid4(), kind="text", body=text
    )
    return f"{sent.message.seq}"
