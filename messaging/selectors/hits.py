"""The messages that an inbox search has found, for the conversations of one page."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    F,
    IntegerField,
    Max,
    Min,
    Q,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import RowNumber
from django.utils.translation import get_language

from messaging.models import Message
from messaging.selectors.search import given_words, with_words, words_given_for
from shopcomm.core.database.prepared import Given, PreparedValues
from shopcomm.core.search.query import Query

SHOWN = 3
# No message has a number so high.
BEHIND_ALL = 2**63 - 1
TALKS = Given("talks", ArrayField(BigIntegerField()))
LANGUAGE = Given("language", TextField())


class Hit(NamedTuple):
    """A message with all the words, in the reader's language where it has one."""

    seq: int
    sender_name: str
    body: str
    created_at: datetime


@dataclass(frozen=True)
class Hits:
    """The newest messages of one conversation that hold all the words, and how many there are in all."""

    shown: tuple[Hit, ...]
    count: int

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
    given = {"talks": conversation_ids, "language": get_language(), **words_given_for(query)}
    hits: dict[int, Hits] = {}
    for row in _prepared_hits(len(query.words)).read_rows(**given):
        before = hits.get(row.conversation_id, Hits((), row.in_all))
        hit = Hit(row.seq, row.sender_name, row.text, row.created_at)
        hits[row.conversation_id] = Hits((*before.shown, hit), row.in_all)
    return hits


@lru_cache(maxsize=16)
def _prepared_hits(words: int) -> PreparedValues:
    told: Any = {"partition_by": F("conversation_id")}
    spoken = Case(
        When(Q(kind=Message.Kind.EVENT), then=Value(1)), default=Value(0), output_field=IntegerField()
    )
    talks = RawSQL("SELECT unnest(%s::bigint[])", [TALKS])
    found = with_words(Message.objects.filter(conversation__in=talks), given_words(words)).annotate(
        place=Window(RowNumber(), order_by=[spoken.asc(), F("seq").desc()], **told),
        in_all=Window(Count("pk"), **told),
        text=RawSQL("coalesce(nullif(data->'said'->>%s::text, ''), body)", [LANGUAGE]),
    )
    shown = found.filter(place__lte=SHOWN).order_by("conversation_id", "place")
    columns = ("conversation_id", "seq", "sender_name", "created_at", "in_all", "text")
    return PreparedValues(shown.values_list(*columns))


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
