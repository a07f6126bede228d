"""The inbox: every conversation one member of staff may see, unread first."""

from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from messaging.models import Conversation, Message
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.hits import Hits, hits_in
from messaging.selectors.search import conversations_meant
from messaging.selectors.unanswered import CLOSED, first_unanswered, is_unanswered
from messaging.selectors.unread import with_unread
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.search.query import parse_query

FOLDERS = ("all", "unread", "waiting", "enquiry", "mine", "closed")
COUNT_CAP = 1000


@dataclass(frozen=True)
class InboxFilters:
    """What the reader asked for."""

    folder: str = "all"
    q: str = ""
    limit: int = 50
    # The message that is looked at, of the conversation that is open.
    at: int | None = None


def inbox_page(actor: Actor, filters: InboxFilters) -> list[Conversation]:
    """One page of conversations with `unread` and `last_message` set; one row more than asked when there are more."""
    query = parse_query(filters.q)
    found = _in_folder(with_unread(conversations_visible_to(actor), actor), filters.folder, actor)
    if query:
        found = conversations_meant(found, actor, query)
    rows: list[Any] = list(
        found.select_related("customer", "order", "assigned_to")
        .annotate(
            waits_since=Case(
                When(is_unanswered(), then=Subquery(first_unanswered().values("created_at")[:1]))
            ),
            waiting_unread=Case(When(unread__gt=0, then=Value(1)), default=Value(0)),
            ended=Case(When(CLOSED, then=Value(1)), default=Value(0)),
            said=Subquery(_said().values("pk")[:1]),
        )
        .order_by("-waiting_unread", "ended", F("last_message_at").desc(nulls_last=True), "-id")[
            : filters.limit + 1
        ]
    )
    _attach_last_words(rows)
    hits = hits_in([row.pk for row in rows], query)
    for row in rows:
        row.hits = hits.get(row.pk, Hits())
    return rows


def folder_counts(actor: Actor) -> dict[str, int]:
    """How many conversations stand in each folder that shows a number, counted to a cap."""
    mine = with_unread(conversations_visible_to(actor), actor)
    return {name: _in_folder(mine, name, actor)[:COUNT_CAP].count() for name in FOLDERS}


def _in_folder(found: QuerySet[Any], folder: str, actor: Actor) -> QuerySet[Any]:
    rules = {
        "unread": Q(unread__gt=0),
        "waiting": is_unanswered(),
        "enquiry": Q(kind=Conversation.Kind.CUSTOMER),
        "mine": Q(assigned_to=actor.id),
        "closed": CLOSED,
    }
    return found.filter(rules[folder]) if folder in rules else found


def _said() -> QuerySet[Message]:
    """Of a conversation in an outer query: what people said to each other in it, latest first."""
    spoken = Message.objects.filter(conversation=OuterRef("pk"), internal=False)
    return spoken.exclude(kind=Message.Kind.EVENT).order_by("-seq")


def _attach_last_words(rows: list[Any]) -> None:
    """What a person said last in each row; where nobody has yet, its newest line. In one query."""
    wanted = Q(pk__in=[row.said for row in rows if row.said])
    for row in rows:
        if not row.said:
            wanted |= Q(conversation=row.pk, seq=row.last_seq)
    newest = {message.conversation_id: message for message in Message.objects.filter(wanted)}
    for row in rows:
        row.last_message = newest.get(row.pk)
