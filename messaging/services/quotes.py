"""Quotes in conversations: sent as a card, and answered with a line."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Message, Sender
from messaging.services.cards import card_changed, in_every_language, send_card
from messaging.services.drafts import Draft
from messaging.services.event_lines import line_key
from messaging.services.messages import write_messages
from orders.models import Quote
from orders.selectors.quotes import quotes_with_lines
from orders.services.quotes import QuoteInput, edit_quote, make_quote, renew_quote, send_quote
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.models import Customer
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.models import DomainEvent
from shopcomm.core.text import written_money

CARD = "quote"
SHOWN_LINES = 10


@retry_on_deadlock
@transaction.atomic
def quote_in_conversation(
    *, actor: Actor, customer: Customer, conversation_id: int, wanted: QuoteInput, send: bool
) -> Quote:
    """Write a quote for the customer of a conversation, and lay it before them when it is finished. Raises OrderError."""
    quote = make_quote(actor=actor, customer=customer, wanted=wanted, conversation_id=conversation_id)
    return send_quote_card(actor=actor, quote_id=quote.pk) if send else quote


@retry_on_deadlock
@transaction.atomic
def change_quote(
    *, actor: Actor, quote_id: int, wanted: QuoteInput, revision: int | None, send: bool
) -> Quote:
    """Edit a quote; one already sent gets a new card. Raises OrderError."""
    quote = edit_quote(actor=actor, quote_id=quote_id, wanted=wanted, revision=revision)
    if quote.state == Quote.State.SENT:
        _show(quote, actor)
        return quote
    return send_quote_card(actor=actor, quote_id=quote_id) if send else quote


@retry_on_deadlock
@transaction.atomic
def send_quote_card(*, actor: Actor, quote_id: int) -> Quote:
    """Lay a draft before the customer, as a card in its conversation. Raises OrderError, NotFound."""
    quote = send_quote(actor=actor, quote_id=quote_id)
    _show(quote, actor)
    return quote


@retry_on_deadlock
@transaction.atomic
def renew_in_conversation(*, actor: Actor, quote_id: int) -> Quote:
    """Give a quote a new date, and show it again where the customer looks: at the end. Raises OrderError."""
    quote = renew_quote(actor=actor, quote_id=quote_id)
    _show(quote, actor)
    return quote


def _show(quote: Quote, actor: Actor) -> None:
    if quote.conversation_id is None:
        return
    quote = quotes_with_lines().get(pk=quote.pk)
    send_card(
        actor=actor,
        conversation_id=quote.conversation_id or 0,
        card=CARD,
        object_id=quote.pk,
        text=lambda: quote_text(quote),
        key=str(quote.revision),
    )


def quote_text(quote: Quote) -> str:
    """A quote as plain text: for a push, a search, the API."""
    lines = list(quote.lines.all())
    told = [
        _("%(goods)s ×%(count)s，单价 %(price)s")
        % {
            "goods": f"{line.name} {line.spec}".strip(),
            "count": line.quantity,
            "price": written_money(line.unit_price, quote.currency),
        }
        for line in lines[:SHOWN_LINES]
    ]
    if len(lines) > SHOWN_LINES:
        told.append(_("等 %(count)s 款") % {"count": len(lines)})
    head = _("报价单 %(number)s，合计 %(total)s，%(until)s 前有效") % {
        "number": quote.number,
        "total": written_money(quote.total, quote.currency),
        "until": f"{timezone.localtime(quote.valid_until):%Y-%m-%d}",
    }
    return "\n".join([head, *told])


def tell_quote_event(quote: Quote, event: DomainEvent, actor: Actor) -> None:
    """Runs inside the quote's transaction: its card is fetched again, its answer is a line of the conversation."""
    if quote.conversation_id is None:
        return
    card_changed(conversation_id=quote.conversation_id, card=CARD, object_id=quote.pk)
    said = in_every_language(event.fact.timeline_text)
    if text := said.pop(settings.LANGUAGE_CODE):
        write_messages([_draft(quote.conversation_id, event, text, said)])


def _draft(conversation_id: int, event: DomainEvent, text: str, said: dict[str, str]) -> Draft:
    return Draft(
        conversation_id=conversation_id,
        client_id=line_key(event),
        kind=Message.Kind.EVENT,
        body=text,
        sender_kind=Sender.SYSTEM,
        sender_id=0,
        sender_name="",
        data={"event": event.type, "event_id": event.pk, "said": said},
    )
