"""Shortages in conversations: the options as a card."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from messaging.services.cards import card_changed, send_card
from messaging.services.conversations import ensure_order_conversation
from orders.events import ShortageEvent
from orders.models import Order, ShortageTask
from orders.selectors.shortages import offered_options
from orders.services.shortages import offer_options
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.deadlocks import retry_on_deadlock
from shopcomm.core.events.models import DomainEvent

CARD = "shortage"


@retry_on_deadlock
@transaction.atomic
def offer_in_conversation(
    *, actor: Actor, task_id: int, keys: list[str], until: date | None = None
) -> ShortageTask:
    """Lay ways out of a shortage before the customer, in the conversation of the order. Raises OrderError."""
    task = offer_options(actor=actor, task_id=task_id, keys=keys, until=until)
    send_card(
        actor=actor,
        conversation_id=ensure_order_conversation(task.order).pk,
        card=CARD,
        object_id=task.pk,
        text=lambda: shortage_text(task),
        # Offered anew it is shown anew, at the end.
        key=task.offered_at.isoformat() if task.offered_at else "",
    )
    return task


def shortage_text(task: ShortageTask) -> str:
    """The question as plain text."""
    head = _("%(goods)s 缺 %(count)s 件，请选择怎么办：") % {"goods": task.goods, "count": task.missing}
    return "\n".join([head, *(f"· {option.detail}" for option in offered_options(task))])


def tell_shortage_event(order: Order, event: DomainEvent, actor: Actor) -> None:
    """Runs inside the order's transaction: the card is fetched again."""
    fact = event.fact
    if isinstance(fact, ShortageEvent):
        conversation = ensure_order_conversation(order)
        card_changed(conversation_id=conversation.pk, card=CARD, object_id=fact.task_id)
