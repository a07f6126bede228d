"""Who may see which quotes: whoever may see the conversation that they were made in."""

from django.db.models import Q, QuerySet

from messaging.selectors.conversations import conversations_visible_to
from orders.models import Quote
from orders.selectors.quotes import quotes_with_lines
from shopcomm.core.accounts.actors import Actor


def quotes_visible_to(actor: Actor | None) -> QuerySet[Quote]:
    """The quotes an actor may read; a customer's drafts are nothing to them yet."""
    quotes = quotes_with_lines()
    if actor is None:
        return quotes.none()
    seen = Q(conversation_id__in=conversations_visible_to(actor).values("pk"))
    if actor.is_customer:
        return quotes.filter(seen, customer=actor.id).exclude(state=Quote.State.DRAFT)
    return quotes.filter(seen | Q(created_by=actor.id)) if actor.is_staff else quotes
