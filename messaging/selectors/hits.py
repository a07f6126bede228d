"""Which messages a search in the inbox has found, for the conversations of one page of it."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, Value, When, Window
from django.db.models.functions import RowNumber

from messaging.models import Message
from messaging.selectors.search import with_words
from shopcomm.core.search.query import Query

SHOWN = 3


@dataclass
class Hits:
    """The newest messages of one conversation that hold all the words, and how many there are in all."""

    shown: list[Message] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


def hits_in(conversation_ids: list[int], query: Query) -> dict[int, Hits]:
    """By conversation: what people said with these words in it, then lines of the system; in one query."""
    if not conversation_ids or not query:
        return {}
    told: Any = {"partition_by": F("conversation_id")}
    spoken = Case(
        When(Q(kind=Message.Kind.EVENT), then=Value(1)), default=Value(0), output_field=IntegerField()
    )
    found = with_words(Message.objects.filter(conversation__in=conversation_ids), query).annotate(
        place=Window(RowNumber(), order_by=[spoken.asc(), F("seq").desc()], **told),
        in_all=Window(Count("pk"), **told),
    )
    hits: dict[int, Hits] = {}
    for message in found.filter(place__lte=SHOWN).order_by("conversation_id", "place"):
        of_talk = hits.setdefault(message.conversation_id, Hits(count=message.in_all))
        of_talk.shown.append(message)
    return hits
