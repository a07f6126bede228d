"""What every page asks of the orders."""

from django import template

from orders.selectors.warehouse import waiting_count

register = template.Library()


@register.simple_tag(takes_context=True)
def waiting_orders(context: template.Context) -> int:
    """New orders and changes that the warehouse has not acknowledged; 0 for who does not work there."""
    actor = getattr(context.get("request"), "actor", None)
    return waiting_count(actor) if actor is not None and actor.role == "warehouse" else 0
