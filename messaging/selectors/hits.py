"""The messages that an inbox search has found, for the conversations of one page."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Max, Min, Q, Value, When, Window
from django.db.models.functions import RowNumber

from messaging.models import Message
from messaging.selectors.search import with_words
from shopcomm.core.search.query import Query

SHOWN = 3
# No message has a number so high.
BEHIND_ALL = 2**63 - 1


@dataclass
class Hits:
    """The newest messages of one conversation that hold all the words, and how many there are in all."""

    shown: list[Message] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


@dataclass(frozen=True)
class Place:
    """Where one looks among the messages of a conversation that a search has found."""

    count: int
    # The how manieth it is, from the oldest on; 0 while none of them is looked at.
    number: int
    # The numbers of the messages before and after it that hold the words, too.
    earlier: int | None
    later: int | None


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


def place_among_hits(conversation_id: int, query: Query, at: int | None) -> Place | None:
    """Where message `at` stands among those with these words, or None where there are none; in one query.

    Without `at` one comes from behind the newest.
    """
    if not query:
        return None
    here = at or BEHIND_ALL
    told = with_words(Message.objects.filter(conversation=conversation_id), query).aggregate(
        count=Count("pk"),
        number=Count("pk", filter=Q(seq__lte=here)),
        earlier=Max("seq", filter=Q(seq__lt=here)),
        later=Min("seq", filter=Q(seq__gt=here)),
    )
    if not told["count"]:
        return None
    return Place(told["count"], told["number"] if at else 0, told["earlier"], told["later"])
