"""A message becomes a request to change the order: by the address it offers, or by a form filled with what it says."""

from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from messaging.models import Message, Sender
from messaging.selectors.messages import visible_text
from messaging.services.message_changes import apply_offered_address, change_result_text, request_from_message
from messaging.views.messages import require_actor
from orders.forms.address import wants_reading, with_pasted
from orders.forms.change import change_form, price_of_change, read_change_form, read_message, wants_goods
from orders.forms.price import TEMPLATE as PRICE_TEMPLATE
from orders.forms.price import asks_price, has_seen_price
from orders.models import ChangeRequest, Order
from orders.views.addresses import reader_key
from shopcomm.core.accounts.access import ShopRequest, right_required
from shopcomm.core.outcomes import run_service


@require_POST
@never_cache
def take_offered_address(request: HttpRequest, conversation_id: int, seq: int) -> HttpResponse:
    """Apply an offered address with one tap on its card, and show the outcome."""
    actor = require_actor(request, conversation_id)
    outcome = run_service(
        lambda: apply_offered_address(actor=actor, conversation_id=conversation_id, seq=seq)
    )
    if outcome.refusal:
        return JsonResponse({"text": outcome.text}, status=outcome.status)
    asked = outcome.result
    declined = asked.state == ChangeRequest.State.DECLINED
    return JsonResponse({"text": change_result_text(asked)}, status=422 if declined else 200)


@require_http_methods(["GET", "POST"])
@never_cache
@right_required("orders.create")
def change_from_message(request: ShopRequest, conversation_id: int, seq: int) -> HttpResponseBase:
    """The desk's form: what the message says is filled in, and nothing is done before it is sent."""
    message = visible_text(request.actor, conversation_id, seq)
    order = message.conversation.order if message else None
    if message is None or order is None:
        raise Http404
    if asks_price(request):
        return render(request, PRICE_TEMPLATE, {"price": price_of_change(order, request.POST)})
    post: QueryDict = request.POST
    pasted, refusal, status = None, "", 200
    if wants_reading(post):
        post, pasted = with_pasted(post, who=reader_key(request))
    elif not has_seen_price(post):
        refusal = _("请核对下面的价格，没有问题再提交一次")
    elif request.method == "POST" and not wants_goods(post):
        outcome = run_service(lambda: _request(request, message, order))
        if not outcome.refusal:
            asked = outcome.result
            declined = asked.state == ChangeRequest.State.DECLINED
            (notes.error if declined else notes.success)(request, change_result_text(asked))
            return redirect("orders:detail", order.number)
        refusal, status = outcome.text, outcome.status
    again = bool(refusal or pasted or wants_goods(post))
    read = read_message(message.body, order)
    context = change_form(order, read, posted=post if again else None, pasted=pasted) | {
        "message": message,
        "link_customer_required": message.sender_kind == Sender.CUSTOMER,
        "refusal": refusal,
        "active": "orders",
    }
    return render(request, "messaging/change_form.html", context, status=status)


def _request(request: ShopRequest, message: Message, order: Order) -> ChangeRequest:
    """Ask for what the form says. Raises Http404 for a form that asks for nothing that is known."""
    wanted = read_change_form(request.POST, order)
    if wanted is None:
        raise Http404
    return request_from_message(actor=request.actor, message=message, **wanted)
