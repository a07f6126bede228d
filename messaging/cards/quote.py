"""报价单: the card of a quote, with its prices, its expiry and a button that places the order."""

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from messaging.cards import Card, Look, register_card
from messaging.services.quotes import CARD, renew_in_conversation
from orders.models import Quote
from orders.selectors.addresses import COLUMNS, AddressInput
from orders.selectors.quotes import last_address, quoted_lines, quotes_with_lines
from orders.selectors.visibility import orders_visible_to
from orders.services.quotes import accept_quote, decline_quote, withdraw_quote
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.services.order_links import link_url
from shopcomm.core.reading import MOST_VERSION, whole_number


def _quote_context(look: Look) -> dict[str, Any]:
    """The quote as it is now, and for whom it is open the address that it would go to."""
    quote = quotes_with_lines().filter(pk=look.object_id, customer=look.conversation.customer_id).first()
    if quote is None or (quote.state == Quote.State.DRAFT and not look.actor.is_shop):
        return {"quote": None}
    order_url, by_code = _order_url(quote, look.actor)
    return {
        "quote": quote,
        "lines": quoted_lines(quote),
        "is_over": quote.is_over(),
        "receiver": _receiver(quote, look) if quote.is_open else None,
        "order_url": order_url,
        "by_code": by_code,
        "place": _place(look),
    }


def _place(look: Look) -> str:
    """A conversation may show a quote twice; labels need ids of their own."""
    return f"{look.message.conversation_id}-{look.message.seq}"


def _receiver(quote: Quote, look: Look) -> dict[str, str]:
    """Where it would go: what was typed and refused, else the last address that this reader may see."""
    last = vars(last_address(quote.customer, look.actor))
    typed = look.typed or QueryDict()
    return {part: typed.get(part, last[part]) for part in COLUMNS}


def _order_url(quote: Quote, actor: Actor) -> tuple[str, bool]:
    """Where this reader finds the order that it became, and whether only after a code to the phone."""
    if quote.order is None:
        return "", False
    if actor.is_shop:
        return reverse("orders:detail", args=[quote.order.number]), False
    if orders_visible_to(actor).filter(pk=quote.order.pk).exists():
        return link_url(customer=quote.customer, order_id=quote.order.pk), False
    # Who holds the link of another order proves the phone first.
    return reverse("my:order", args=[quote.order.number]), True


def _accept_quote(actor: Actor, quote_id: int, data: QueryDict) -> None:
    """Yes, to the address that was typed."""
    accept_quote(
        actor=actor,
        quote_id=quote_id,
        address=AddressInput(**{name: data.get(name, "") for name in COLUMNS}),
        revision=whole_number(data.get("revision"), most=MOST_VERSION) or 0,
        consent=data.get("consent", ""),
    )


def _decline_quote(actor: Actor, quote_id: int, data: QueryDict) -> None:
    decline_quote(actor=actor, quote_id=quote_id, reason=data.get("reason", ""))


def _renew_quote(actor: Actor, quote_id: int, data: QueryDict) -> None:
    renew_in_conversation(actor=actor, quote_id=quote_id)


def _withdraw_quote(actor: Actor, quote_id: int, data: QueryDict) -> None:
    withdraw_quote(actor=actor, quote_id=quote_id)


register_card(
    Card(
        CARD,
        "messaging/cards/_quote.html",
        _quote_context,
        {
            "accept": _accept_quote,
            "decline": _decline_quote,
            "renew": _renew_quote,
            "withdraw": _withdraw_quote,
        },
    )
)
