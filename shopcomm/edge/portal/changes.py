"""A customer changes their order from the phone: asks, sees what came of it, takes it back."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from messaging.models import Message
from messaging.selectors.messages import visible_text
from messaging.selectors.pane import conversation_of
from messaging.services.message_changes import change_result_text
from orders.forms.address import wants_reading, with_pasted
from orders.forms.change import (
    change_form,
    price_of_change,
    read_change_form,
    read_message,
    wants_goods,
)
from orders.forms.price import TEMPLATE as PRICE_TEMPLATE
from orders.forms.price import asks_price, has_seen_price
from orders.models import ChangeRequest, Status
from orders.reading.change_answers import read_seen
from orders.services.change_requests.request import (
    accept_change,
    decline_change,
    intercept_parcel,
    request_change,
    withdraw_change,
)
from orders.services.transitions import transition_order
from orders.services.urges import urge_order
from shopcomm.core import reading
from shopcomm.core.http.outcomes import run_and_tell
from shopcomm.core.http.sent_forms import run_customer_form_once
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.progress import progress_of
from shopcomm.edge.portal.visits import Visit, link_customer_required, link_required

State = ChangeRequest.State
ANSWERS: dict[str, tuple[Callable[..., object], Any]] = {
    "withdraw": (withdraw_change, gettext_lazy("申请已撤回")),
    "agree": (accept_change, gettext_lazy("好的，已同意")),
    "decline": (partial(decline_change, reason=""), gettext_lazy("好的，不改了")),
    "intercept": (intercept_parcel, gettext_lazy("已申请拦截，我们会联系快递")),
}


@require_http_methods(["GET", "POST"])
@link_required
def change_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The possible changes, each with its outcome."""
    order = visit.order
    said = _message(visit, request.GET.get("message", ""))
    post: QueryDict = request.POST
    pasted, refusal, status = None, "", 200
    if asks_price(request):
        return render(request, PRICE_TEMPLATE, {"price": price_of_change(order, request.POST)})
    if request.method == "POST" and not visit.preview:
        if wants_reading(post):
            post, pasted = with_pasted(post, who=f"customer:{visit.link.customer_id}")
        elif not has_seen_price(post):
            refusal = _("请核对下面的价格，没有问题再提交一次")
        elif not wants_goods(post):
            asked = run_service(lambda: _ask(request, visit, said))
            if not asked.refusal:
                return _answered(request, visit.token, asked.result)
            refusal, status = asked.text, asked.status
    read = read_message(said.body, order) if said else None
    context = change_form(
        order,
        read,
        posted=post if refusal or pasted or wants_goods(post) else None,
        pasted=pasted,
        wanted=request.GET.get("kind", ""),
        ways=_ways(visit.token),
    ) | {
        "token": visit.token,
        "said": said,
        "preview": visit.preview,
        "refusal": refusal,
    }
    return render(request, "portal/change.html", context, status=status)


def _ask(request: HttpRequest, visit: Visit, said: Message | None) -> ChangeRequest:
    wanted = read_change_form(request.POST, visit.order)
    if wanted is None:
        raise Http404
    return request_change(
        actor=visit.actor, order_id=visit.order.pk, source_message_seq=said.seq if said else None, **wanted
    )


def _ways(token: str) -> dict[str, str]:
    """Where to go with what can no longer be changed."""
    claim, chat = (reverse(f"portal:{page}", args=[token]) for page in ("after-sales", "chat"))
    return {"items": claim, "cancel": claim, "address": chat, "urgent": chat, "delivery_date": chat}


@require_POST
@link_customer_required
def answer_request(request: HttpRequest, visit: Visit, request_id: int, answer: str) -> HttpResponse:
    """Take a request back, agree to what the shop wants or not, or have a parcel intercepted: `answer` of ANSWERS."""
    known = visit.order.change_requests.filter(pk=request_id).exists()
    if answer not in ANSWERS or not known:
        raise Http404
    work, done = ANSWERS[answer]
    chosen = {"seen": read_seen(request.POST)} if answer == "agree" else {}

    def answered() -> str:
        work(actor=visit.actor, request_id=request_id, **chosen)
        return str(done)

    return _once(request, visit, answered)


@require_POST
@link_customer_required
def confirm_goods(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say that the goods are here and right; before the courier says so, if need be."""

    def confirmed() -> str:
        transition_order(actor=visit.actor, order_id=visit.order.pk, to=Status.COMPLETED)
        return _("谢谢，订单已完成")

    return _once(request, visit, confirmed)


@require_POST
@link_customer_required
def send_urge(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Press for the order; the answer says how it stands."""

    def urged() -> str:
        urged = urge_order(actor=visit.actor, order_id=visit.order.pk)
        text = _("已帮您催了，现在：%(stands)s") if urged.is_news else _("已经在催了，现在：%(stands)s")
        return text % {"stands": progress_of(visit.order).headline}

    return _once(request, visit, urged)


def _once(request: HttpRequest, visit: Visit, work: Callable[[], str]) -> HttpResponse:
    """Do what a form of the order's page asks for, however often it is sent, say what came of it, and go back."""
    run_and_tell(request, lambda: run_customer_form_once(visit.link.customer_id, request, work))
    return redirect("portal:order", visit.token)


def _message(visit: Visit, seq: str) -> Message | None:
    """The message somebody wants to make a request of, when it is theirs to see."""
    wanted, actor = reading.whole_number(seq, least=1), visit.actor
    conversation = conversation_of(visit.order, actor) if wanted else None
    return visible_text(actor, conversation.pk, wanted) if wanted and conversation else None


def _answered(request: HttpRequest, token: str, asked: ChangeRequest) -> HttpResponse:
    declined = asked.state == State.DECLINED
    (messages.error if declined else messages.success)(request, change_result_text(asked))
    return redirect("portal:order", token)
