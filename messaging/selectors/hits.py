"""Which messages a search in the inbox has found, for the conversations of one page of it."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from messaging.models import Message

SHOWN = 3
MOST_WORDS = 8


@dataclass
class Hits:
    """The newest messages of one conversation that hold all the words, and how many there are in all."""

    shown: list[Message] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


def with_words(found: QuerySet[Message], words: str) -> QuerySet[Message]:
    """Those messages that hold every one of the words and were not taken back."""
    for word in words.split()[:MOST_WORDS]:
        found = found.filter(body__icontains=word)
    return found.filter(recalled_at=None)


def hits_in(conversation_ids: list[int], words: str) -> dict[int, Hits]:
    """By conversation: what people said with these words in it, then lines of the system; in one query."""
    if not conversation_ids or not words.split():
        return {}
    told: Any = {"partition_by": F("conversation_id")}
    spoken = Case(
        When(Q(kind=Message.Kind.EVENT), then=Value(1)), default=Value(0), output_field=IntegerField()
    )
    found = with_words(Message.objects.filter(conversation__in=conversation_ids), words).annotate(
        place=Window(RowNumber(), order_by=[spoken.asc(), F("seq").desc()], **told),
        in_all=Window(Count("pk"), **told),
    )
    hits: dict[int, Hits] = {}
    for message in found.filter(place__lte=SHOWN).order_by("conversation_id", "place"):
        of_talk = hits.setdefault(message.conversation_id, Hits(count=message.in_all))
        of_talk.shown.append(message)
    return hits
