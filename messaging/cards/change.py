"""The card of a change that waits for the customer's consent: before and after, and the buttons to answer."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from messaging.cards import Card, Look, register_card
from messaging.services.cards import card_changed, send_card
from messaging.services.conversations import ensure_order_conversation
from orders.events import ChangeEscalated, ChangeRejected, ChangeRequested, OrderChanged
from orders.models import ChangeRequest, Handler, Order
from orders.reading.change_answers import read_phone_consent, read_seen
from orders.selectors.change_requests import asked_change
from orders.selectors.timeline import before_after
from orders.selectors.visibility import orders_visible_to
from orders.services.change_requests.consent import record_phone_consent
from orders.services.change_requests.request import accept_change, decline_change, withdraw_change
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.events.models import DomainEvent

NAME = "change"
# Who has to answer a request that the conversation shows as a card.
SHOWN = (Handler.CUSTOMER, Handler.OUTSIDE)
# What shows the card of a request, or has it fetched again.
CARD_EVENTS = (OrderChanged, ChangeRequested, ChangeRejected, ChangeEscalated)


def _change_context(look: Look) -> dict[str, Any]:
    """The request as it stands."""
    seen = ChangeRequest.objects.filter(pk=look.object_id, order__in=orders_visible_to(look.actor))
    row = seen.select_related("order").first()
    return {"asked": asked_change(row, whole=not look.actor.is_shop) if row else None}


def _agree_to_change(actor: Actor, request_id: int, data: QueryDict) -> None:
    """The customer says yes."""
    accept_change(actor=actor, request_id=request_id, seen=read_seen(data))


def _refuse_change(actor: Actor, request_id: int, data: QueryDict) -> None:
    """The customer says no, and why if they like."""
    decline_change(actor=actor, request_id=request_id, reason=data.get("reason", ""))


def _record_phone_answer(actor: Actor, request_id: int, data: QueryDict) -> None:
    """Sales write down what was said on the phone."""
    consent = read_phone_consent(data)
    record_phone_consent(actor=actor, request_id=request_id, consent=consent, seen=read_seen(data))


def _withdraw_change(actor: Actor, request_id: int, data: QueryDict) -> None:
    """The shop does not want it any more."""
    withdraw_change(actor=actor, request_id=request_id)


def show_change_card(order: Order, event: DomainEvent, actor: Actor) -> None:
    """Put what waits for the customer into the order's conversation, and keep open pages up to date.

    Called inside the transaction that writes the event.
    """
    fact = event.fact
    if isinstance(fact, OrderChanged):
        _refresh_open_cards(order)
    request_id = fact.request_id if isinstance(fact, CARD_EVENTS) else None
    if not request_id:
        return
    conversation = ensure_order_conversation(order)
    if isinstance(fact, ChangeRequested) and _gets_a_card(fact):
        send_card(
            # What another system is asked, nobody here says.
            actor=Actor.system() if fact.handler == Handler.OUTSIDE else actor,
            conversation_id=conversation.pk,
            card=NAME,
            object_id=request_id,
            text=lambda: _text(event),
        )
        # It may have taken the place of an earlier one.
        for earlier in order.change_requests.filter(state="void", handler=Handler.CUSTOMER).order_by("-pk")[
            :3
        ]:
            card_changed(conversation_id=conversation.pk, card=NAME, object_id=earlier.pk)
        return
    card_changed(conversation_id=conversation.pk, card=NAME, object_id=request_id)


def _gets_a_card(fact: ChangeRequested) -> bool:
    """What waits for the customer, and what waits for the system that keeps the order: one that was agreed to has its card."""
    if fact.handler == Handler.OUTSIDE:
        return ChangeRequest.objects.filter(pk=fact.request_id, consent={}).exists()
    return fact.handler == Handler.CUSTOMER


def _refresh_open_cards(order: Order) -> None:
    """What still waits for somebody may clash with the order as it is from now on."""
    waiting = order.change_requests.filter(state=ChangeRequest.State.OPEN, handler__in=SHOWN)
    ids = list(waiting.values_list("pk", flat=True))
    if not ids:
        return
    conversation = ensure_order_conversation(order)
    for request_id in ids:
        card_changed(conversation_id=conversation.pk, card=NAME, object_id=request_id)


def _text(event: DomainEvent) -> str:
    lines = [
        _("%(label)s：%(before)s → %(after)s")
        % {"label": each.label, "before": each.before, "after": each.after}
        for each in before_after(event)
    ]
    asks = isinstance(event.fact, ChangeRequested) and event.fact.handler == Handler.CUSTOMER
    told = _("这样修改订单可以吗？请点“同意”或“不同意”") if asks else _("修改申请已转给订单系统，等它答复")
    return "\n".join([told, *lines])


register_card(
    Card(
        NAME,
        "messaging/cards/_change.html",
        _change_context,
        {
            "agree": _agree_to_change,
            "decline": _refuse_change,
            "phone": _record_phone_answer,
            "withdraw": _withdraw_change,
        },
    )
)
