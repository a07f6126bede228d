"""Searching what was said, and the conversations of the inbox.

Messages are asked for in steps. The newest are looked through one by one: what is often said is found there at once, and an
index of millions of places would have to be read and sorted for it. Only where they do not suffice the index finds more: at
first as far back as there should be enough, then everywhere.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, cast

from django.db.models import BigIntegerField, F, QuerySet, TextField

from messaging.models import Message
from messaging.selectors.conversations import sees_every_conversation
from messaging.selectors.messages import messages_visible_to
from orders.selectors.search import orders_by_number
from shopcomm.core.accounts.actors import Actor
from shopcomm.core.accounts.alike import actor_with_given_keys, keys_given_for
from shopcomm.core.accounts.link_texts import without_links
from shopcomm.core.accounts.search import customer_conditions
from shopcomm.core.database.prepared import Given, PreparedValues
from shopcomm.core.search.bigrams import bigram_tsquery, holds_words, may_hold_pairs, may_hold_words, part_of
from shopcomm.core.search.query import Query

# How many of the newest messages are looked through before the index is asked: some milliseconds.
NEWEST = 5_000
# Of a word that is said everywhere, the conversations in which it was said last.
CANDIDATES = 1000

# Of prepared statements: between which keys to look, and for which pairs in the index.
LOWER, UPPER = (cast(int, Given(name, BigIntegerField())) for name in ("lower", "upper"))
PAIRS = cast(str, Given("pairs", TextField()))

# Rows of messages above one key and up to another, newest first, so many at most.
Look = Callable[[int, int, int], list[Any]]

SAID = "(SELECT unnest(%s::bigint[]))"
OF_CUSTOMERS = """(SELECT id FROM messaging_conversation
    WHERE customer_id IN (SELECT id FROM accounts_customer WHERE {where}))"""
OF_ORDERS = "(SELECT id FROM messaging_conversation WHERE order_id IN {orders})"
SUBJECT = "(SELECT id FROM messaging_conversation WHERE subject <> '' AND {where})"


def search_messages(actor: Actor, query: Query, *, links: bool = True) -> QuerySet[Message]:
    """Messages with every word of the query among what the actor may see; for `newest_hits`.

    Without `links` the reader is not shown the keys of links to orders, and none is found by a part of one.
    """
    found = with_words(messages_visible_to(actor), query)
    if not links:
        found = found.alias(shown=without_links("body")).filter(holds_words("shown", query.words))
    return found.select_related("conversation", "conversation__order")


def with_words(found: QuerySet[Any], query: Query) -> QuerySet[Any]:
    """Those messages that hold every one of the words and were not taken back."""
    return found.filter(holds_words("body", query.words), recalled_at=None)


def newest_hits(found: QuerySet[Any], query: Query, limit: int) -> list[Any]:
    """The newest of messages that were narrowed by `with_words`, newest first; as rows or as their values."""
    by_index = _sorted_when_found(found.filter(may_hold_words("body", query.words)))

    def asking(look: QuerySet[Any]) -> Look:
        return lambda lower, upper, most: list(look.filter(pk__gt=lower, pk__lte=upper)[:most])

    return _in_steps(asking(found.order_by("-pk")), asking(by_index), limit=limit)


def _sorted_when_found(found: QuerySet[Any]) -> QuerySet[Any]:
    # `+ 0`: instead of walking the table by its key until there are enough.
    return found.order_by((F("id") + 0).desc())


def _in_steps(look_through: Look, ask_index: Look, *, limit: int) -> list[Any]:
    newest = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    upper = newest - NEWEST
    hits = look_through(upper, newest, limit)
    for lower in _further(upper, len(hits), limit):
        if len(hits) < limit:
            hits += ask_index(lower, upper, limit - len(hits))
            upper = lower
    return hits


def _further(upper: int, found: int, limit: int) -> list[int]:
    """Down to which messages the index is asked, in turn: as far as there should be enough, then to the first.

    As often as the newest hold the words, the older ones will; twice as far makes it likely.
    """
    likely = upper - 2 * NEWEST * limit // found if found else 0
    return [lower for lower in sorted({likely, 0}, reverse=True) if 0 <= lower < upper]


class Meant(NamedTuple):
    """What a search means: a subquery of keys of conversations, and whether it was said in any of them."""

    sql: str
    values: list[Any]
    was_said: bool


def conversations_matching(actor: Actor, query: Query) -> Meant:
    """The conversations in which one message has every word, or that the text names.

    By the customer's name, firm or phone, the order's number, or the subject. Which of them the actor sees, the outer
    query asks.
    """
    said = _said_in(actor, query)
    subject, values = part_of("subject", query.text)
    orders, numbers = orders_by_number(query)
    parts: list[tuple[str, list[Any]]] = [
        (SAID, [said]),
        (OF_ORDERS.replace("{orders}", orders), numbers),
        (SUBJECT.replace("{where}", subject), values),
    ]
    parts += [
        (OF_CUSTOMERS.replace("{where}", where), params) for where, params in customer_conditions(query)
    ]
    union = " UNION ".join(part for part, _params in parts)
    return Meant(f"({union})", [value for _part, params in parts for value in params], bool(said))


def _said_in(actor: Actor, query: Query) -> list[int]:
    """The conversations of the newest messages with these words that the actor sees."""
    given = words_given_for(query) | keys_given_for(actor) | {"pairs": bigram_tsquery(query.words)}
    alike = actor_with_given_keys(actor)
    looks = _prepared_looks(
        alike, sees_every_conversation(actor), len(query.words), indexed=bool(given["pairs"])
    )

    def asking(look: PreparedValues) -> Look:
        return lambda lower, upper, most: look.read_rows(lower=lower, upper=upper, **given)[:most]

    return [*{row.conversation_id for row in _in_steps(*map(asking, looks), limit=CANDIDATES)}]


@lru_cache(maxsize=64)
def _prepared_looks(
    actor: Actor, _sees_every: bool, words: int, *, indexed: bool
) -> tuple[PreparedValues, PreparedValues]:
    """Looking messages through, and asking the index, which may know nothing of such words."""
    found = with_words(messages_visible_to(actor), given_words(words)).filter(pk__gt=LOWER, pk__lte=UPPER)
    found = found.values("conversation_id")
    by_index = _sorted_when_found(found.filter(may_hold_pairs("body", PAIRS)) if indexed else found)
    return PreparedValues(found.order_by("-pk")[:CANDIDATES]), PreparedValues(by_index[:CANDIDATES])


def given_words(count: int) -> Query:
    """A search for so many words that are known only when a prepared statement is asked: by `words_given_for` one."""
    return Query(words=tuple(cast(str, Given(f"word_{place}", TextField())) for place in range(count)))


def words_given_for(query: Query) -> dict[str, Any]:
    """The given values for the words of one search."""
    return {f"word_{place}": word for place, word in enumerate(query.words)}
