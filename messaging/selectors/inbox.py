"""The inbox: every conversation one member of staff may see, unread first."""

from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from messaging.models import Conversation, Message, ReadMarker
from messaging.selectors.conversations import conversations_visible_to
from messaging.selectors.hits import Hits, hits_in
from messaging.selectors.search import conversations_meant
from messaging.selectors.unanswered import CLOSED, RECENT, first_unanswered, is_unanswered, wanting_an_answer
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.search.query import parse_query

FOLDERS = ("all", "unread", "waiting", "enquiry", "mine", "closed")
COUNT_CAP = 1000
BADGE_CAP = 100


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
    found = _in_folder(marked(conversations_visible_to(actor), actor), filters.folder, actor)
    if query:
        found = conversations_meant(found, actor, query)
    rows: list[Any] = list(
        found.select_related("customer", "order", "assigned_to")
        .annotate(
            unread=unread_count(),
            waits_since=Case(
                When(is_unanswered(), then=Subquery(first_unanswered().values("created_at")[:1]))
            ),
            ended=Case(When(CLOSED, then=Value(1)), default=Value(0)),
            said=Subquery(_said().values("pk")[:1]),
        )
        .order_by("-has_unread", "ended", F("last_message_at").desc(nulls_last=True), "-id")[
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
    mine = marked(conversations_visible_to(actor), actor)
    return {name: _in_folder(mine, name, actor)[:COUNT_CAP].count() for name in FOLDERS}


def count_unread_conversations(actor: Actor) -> int:
    """How many conversations of the last weeks hold something unread, counted to a cap; for the badge."""
    recent = timezone.now() - RECENT
    return (
        marked(conversations_visible_to(actor), actor)
        .filter(last_message_at__gte=recent, has_unread=1)[:BADGE_CAP]
        .count()
    )


def marked(found: QuerySet[Conversation], actor: Actor) -> QuerySet[Any]:
    """Conversations with this reader's position and whether anything came after it."""
    marker = ReadMarker.objects.filter(
        conversation=OuterRef("pk"), reader_kind="staff", reader_id=actor.id or 0
    )
    read = Coalesce(Subquery(marker.values("seq")[:1]), Value(0))
    unread = Q(last_customer_seq__gt=F("read_seq")) & Q(last_customer_seq__gt=F("closed_seq"))
    newer = wanting_an_answer(OuterRef("pk"), Greatest(OuterRef("read_seq"), OuterRef("closed_seq")))
    return found.annotate(read_seq=read).annotate(
        has_unread=Case(
            When(unread & Q(Exists(newer)), then=Value(1)), default=Value(0), output_field=IntegerField()
        ),
    )


def _in_folder(found: QuerySet[Any], folder: str, actor: Actor) -> QuerySet[Any]:
    rules = {
        "unread": Q(has_unread=1),
        "waiting": is_unanswered(),
        "enquiry": Q(kind=Conversation.Kind.CUSTOMER),
        "mine": Q(assigned_to=actor.id),
        "closed": CLOSED,
    }
    return found.filter(rules[folder]) if folder in rules else found


def unread_count() -> Coalesce:
    """The customer's messages after this reader's position; thanks and the like are none."""
    newer = wanting_an_answer(OuterRef("pk"), Greatest(OuterRef("read_seq"), OuterRef("closed_seq")))
    counted = newer.order_by().values("conversation").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), Value(0))


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
