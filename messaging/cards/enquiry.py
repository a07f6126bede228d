"""The card of a customer's enquiry: the products with current pictures and prices, and a link to make a quote."""

from typing import Any

from messaging.cards import Card, Look, register_card
from messaging.services.enquiries import CARD, wanted_of
from orders.models import Variant
from orders.selectors.items import list_price


def _context(look: Look) -> dict[str, Any]:
    wanted = wanted_of(look.message.data)
    rows = Variant.objects.select_related("product").prefetch_related("tiers")
    known = {each.sku: each for each in rows.filter(sku__in=[line.sku for line in wanted])}
    lines = [
        {
            "sku": line.sku,
            "quantity": line.quantity,
            "variant": (variant := known.get(line.sku)),
            "on_sale": bool(variant and variant.is_active and variant.product.is_active),
            "price": list_price(variant, line.quantity, look.conversation.with_customer) if variant else None,
        }
        for line in wanted
    ]
    return {
        "lines": lines,
        "question": look.message.data.get("question", ""),
        "items": ",".join(f"{line['sku']}:{line['quantity']}" for line in lines if line["on_sale"]),
        "is_shop": look.actor.is_shop,
    }


register_card(Card(CARD, "messaging/cards/_enquiry.html", _context))
