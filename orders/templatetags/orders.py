"""What every page asks of the orders."""

from django import template

from orders.models import Variant
from orders.selectors.warehouse import waiting_count

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_orders(context: template.Context) -> int:
    """New orders and changes that the warehouse has not acknowledged; 0 for who does not work there."""
    actor = getattr(context.get("request"), "actor", None)
    return waiting_count(actor) if actor is not None and actor.role == "warehouse" else 0


@register.filter
def tier_steps(variant: Variant | None) -> str:
    """A variant's wholesale prices for a script: 10:214.40,50:187.60."""
    tiers = variant.tiers.all() if variant else []
    return ",".join(f"{tier.min_quantity}:{tier.price}" for tier in tiers)
