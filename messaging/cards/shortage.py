"""缺货: the card of a shortage, with one button for each option."""

from typing import Any

from django.http import QueryDict

from messaging.cards import Card, Look, register_card
from messaging.services.shortages import CARD
from orders.labels import choice_text
from orders.models import ShortageTask
from orders.selectors.shortages import offered_options
from orders.selectors.visibility import orders_visible_to
from orders.services.shortage_tasks import SHORT_IN
from orders.services.shortages import choose_option
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.reading import whole_number


def _shortage_context(look: Look) -> dict[str, Any]:
    """The question with what can still be done, or its answer."""
    tasks = ShortageTask.objects.select_related("order", "line__variant__product")
    seen = tasks.filter(pk=look.object_id, order__in=orders_visible_to(look.actor))
    task = seen.filter(order__customer=look.conversation.customer_id).first()
    if task is None:
        return {"task": None}
    is_open = task.state == ShortageTask.State.OFFERED and task.order.status in SHORT_IN
    return {
        "task": task,
        "is_open": is_open,
        "options": offered_options(task) if is_open else [],
        "choice": choice_text(task.chosen),
    }


def _choose_option(actor: Actor, task_id: int, data: QueryDict) -> None:
    """Do what was tapped, for as many pieces as the card said."""
    choose_option(
        actor=actor,
        task_id=task_id,
        key=data.get("option", ""),
        seen=whole_number(data.get("seen")) or 0,
        consent=data.get("consent", ""),
    )


register_card(Card(CARD, "messaging/cards/_shortage.html", _shortage_context, {"choose": _choose_option}))
