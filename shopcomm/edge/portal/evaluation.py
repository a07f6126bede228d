"""评价 from the phone: stars, a few words, pictures; changed for a while."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from messaging.models import Attachment
from messaging.services.conversations import ensure_order_conversation
from messaging.services.form_pictures import FormPictures, keep_pictures, message_kind
from messaging.services.messages import send_message
from orders.models import Order
from orders.selectors.evaluations import evaluation_of
from orders.services.evaluations import MAX_PICTURES, EvaluationInput, evaluate_order, may_evaluate
from shopcomm.core import reading
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.outcomes import run_service
from shopcomm.edge.portal.visits import Visit, link_required


@require_http_methods(["GET", "POST"])
@link_required
def evaluation_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The rating of this order, and the form for it."""
    order, token = visit.order, visit.token
    refusal, status = "", 200
    if request.method == "POST" and not visit.preview:
        rated = run_service(lambda: _rate(request, visit.actor, order))
        if not rated.refusal:
            messages.success(request, _("谢谢您的评价"))
            return redirect("portal:evaluation", token)
        refusal, status = rated.text, rated.status
    known = evaluation_of(order)
    context = {
        "order": order,
        "token": token,
        "evaluation": known,
        "form_open": may_evaluate(order, known, timezone.now()),
        "key": uuid.uuid4(),
        "preview": visit.preview,
        "refusal": refusal,
        "kept": FormPictures.read(request.POST, request.FILES).kept(visit.actor),
        "chosen": _chosen(request, known),
    }
    return render(request, "portal/evaluation.html", context, status=status)


def _chosen(request: HttpRequest, known: object) -> dict[str, object]:
    """What the form starts with: what was just posted and refused, else what is known."""
    posted = request.POST if request.method == "POST" else {}
    return {
        "goods": _stars(posted.get("goods", "")) or getattr(known, "goods", 0),
        "service": _stars(posted.get("service", "")) or getattr(known, "service", 0),
        "text": posted.get("text", "") or getattr(known, "text", ""),
    }


def _stars(text: str) -> int:
    return reading.whole_number(text, least=1, most=5) or 0


def _rate(request: HttpRequest, actor: Actor, order: Order) -> None:
    """The pictures are uploads of their own: those of a rating that is refused go the way of all that is never sent."""
    key = request.POST.get("key", "")
    known = evaluation_of(order)
    repeated = known is not None and key and known.key == key
    given = FormPictures() if repeated else FormPictures.read(request.POST, request.FILES)
    _rate_with(request, actor, order, keep_pictures(actor=actor, given=given, most=MAX_PICTURES))


@retry_on_deadlock
@transaction.atomic
def _rate_with(request: HttpRequest, actor: Actor, order: Order, stored: list[Attachment]) -> None:
    """The pictures go into the conversation, where both sides find them; the evaluation remembers which they are."""
    given = EvaluationInput(
        goods=_stars(request.POST.get("goods", "")),
        service=_stars(request.POST.get("service", "")),
        text=request.POST.get("text", ""),
        pictures=[str(each.pk) for each in stored] or None,
        key=request.POST.get("key", ""),
    )
    rated = evaluate_order(actor=actor, order_id=order.pk, given=given)
    if stored and rated.is_news:
        send_message(
            actor=actor,
            conversation_id=ensure_order_conversation(order).pk,
            client_id=str(uuid.uuid4()),
            kind=message_kind(stored),
            attachments=rated.evaluation.pictures,
        )
