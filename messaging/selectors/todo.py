"""Customers who wait for an answer, as rows of the desk's queue."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Subquery

from messaging.models import Sender
from messaging.presenters import preview_line
from messaging.selectors.conversations import conversations_of
from messaging.selectors.unanswered import RECENT, first_unanswered, is_unanswered
from orders.selectors.todo_rows import Todo, TodoKind, TodoSource
from shopcomm.core.accounts.actors import Actor


def unanswered_talks(actor: Actor, now: datetime) -> QuerySet[Any]:
    """Talks of the last weeks in which the customer spoke last: a manager all, sales their own and those of nobody."""
    talks = conversations_of(actor, every=actor.may("conversations.view_all")).filter(
        is_unanswered(),
        last_message_at__gte=now - RECENT,
    )
    first = first_unanswered()
    return (
        talks.annotate(
            since=Subquery(first.values("created_at")[:1]),
            said=Subquery(first.values("body")[:1]),
            said_kind=Subquery(first.values("kind")[:1]),
        )
        .select_related("customer", "order")
        .order_by("since", "pk")
    )


def unanswered_todo(talk: Any) -> Todo:
    """One of them, with the first words that want an answer."""
    return Todo(
        TodoKind.UNANSWERED,
        talk.pk,
        talk.since,
        customer=talk.customer.company or talk.customer.name,
        text=preview_line(talk.said_kind, talk.said, Sender.CUSTOMER, ""),
        number=talk.order.number if talk.order_id else "",
        conversation_id=talk.pk,
    )


UNANSWERED = TodoSource(unanswered_talks, unanswered_todo)
