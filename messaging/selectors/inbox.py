"""The inbox: every conversation one member of staff may see, unread first."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
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
from django.db.models.functions import Coalesce
from django.utils import timezone

from messaging.models import Conversation, Message, ReadMarker, Sender
from messaging.selectors.conversations import conversations_visible_to
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.phones import PhoneRefused, read_phone

FOLDERS = ("all", "unread", "waiting", "enquiry", "mine")
COUNT_CAP = 1000
BADGE_CAP = 100
# What ends a talk and asks for nothing: 好的, 谢谢, 辛苦了, OK, a thumb.
CLOSING_WORDS = (
    r"^([\s,，、.。!！~～…]|好(的|嘞|滴|哒|呢)?|嗯+|哦+|行|没问题|收到|知道了|明白了?|了解了?|谢+|多谢|感谢|您|你|啦|了|老板|亲"
    r"|辛苦|麻烦|ok(ay)?|thanks?|thank you|thx|got it|[☀-➿🌀-🫿️])+$"
)
# Bounds what a badge looks at: the newest, by their index.
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class InboxFilters:
    """What the reader asked for."""

    folder: str = "all"
    q: str = ""
    limit: int = 50


def inbox_page(actor: Actor, filters: InboxFilters) -> list[Conversation]:
    """One page of conversations with `unread` and `last_message` set; one row more than asked when there are more."""
    found = _searched(
        _in_folder(marked(conversations_visible_to(actor), actor), filters.folder, actor), filters.q.strip()
    )
    rows: list[Any] = list(
        found.select_related("customer", "order", "assigned_to")
        .annotate(unread=unread_count())
        .order_by("-has_unread", F("last_message_at").desc(nulls_last=True), "-id")[: filters.limit + 1]
    )
    _attach_last_messages(rows)
    return rows


def folder_counts(actor: Actor) -> dict[str, int]:
    """How many conversations stand in each folder that shows a number, counted to a cap."""
    mine = marked(conversations_visible_to(actor), actor)
    return {name: _in_folder(mine, name, actor)[:COUNT_CAP].count() for name in FOLDERS}


def unread_conversations(actor: Actor) -> int:
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
    newer = When(last_customer_seq__gt=F("read_seq"), then=Value(1))
    return found.annotate(
        read_seq=read,
        has_unread=Case(newer, default=Value(0), output_field=IntegerField()),
    )


def wanting_an_answer() -> QuerySet[Message]:
    """Of a conversation in an outer query: what the customer has said since the shop, but for thanks and the like."""
    later = Message.objects.filter(
        conversation=OuterRef("pk"),
        seq__gt=OuterRef("last_shop_seq"),
        sender_kind=Sender.CUSTOMER,
        recalled_at=None,
    )
    return later.exclude(kind="text", body__iregex=CLOSING_WORDS).order_by("seq")


def _in_folder(found: QuerySet[Any], folder: str, actor: Actor) -> QuerySet[Any]:
    rules = {
        "unread": Q(has_unread=1),
        "waiting": Q(last_customer_seq__gt=F("last_shop_seq")) & Exists(wanting_an_answer()),
        "enquiry": Q(order=None),
        "mine": Q(assigned_to=actor.id) | Q(order__assigned_to=actor.id),
    }
    return found.filter(rules[folder]) if folder in rules else found


def _searched(found: QuerySet[Any], words: str) -> QuerySet[Any]:
    if not words:
        return found
    said = Message.objects.filter(conversation=OuterRef("pk"), body__icontains=words, recalled_at=None)
    wanted: Any = Q(customer__name__icontains=words) | Q(customer__company__icontains=words)
    wanted |= Q(order__number__icontains=words) | Q(subject__icontains=words) | Exists(said)
    if re.fullmatch("[0-9]{4}", words):
        wanted |= Q(customer__phone_tail=words)
    elif re.fullmatch("[0-9]{5,}", words):
        wanted |= Q(customer__phone__contains=words)
    with suppress(PhoneRefused):
        wanted |= Q(customer__phone__startswith=read_phone(words).key)
    return found.filter(wanted)


def unread_count() -> Coalesce:
    """The customer's messages after this reader's position."""
    newer = (
        Message.objects.filter(
            conversation=OuterRef("pk"),
            sender_kind=Sender.CUSTOMER,
            seq__gt=OuterRef("read_seq"),
        )
        .order_by()
        .values("conversation")
        .annotate(count=Count("pk"))
    )
    return Coalesce(Subquery(newer.values("count")), Value(0))


def _attach_last_messages(rows: list[Any]) -> None:
    """Each row's newest message, in one query."""
    wanted = Q(pk=None)
    for row in rows:
        wanted |= Q(conversation=row.pk, seq=row.last_seq)
    newest = {message.conversation_id: message for message in Message.objects.filter(wanted)}
    for row in rows:
        row.last_message = newest.get(row.pk)
