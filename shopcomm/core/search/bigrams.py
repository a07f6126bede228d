"""Finding any part of a text by an index: every two neighbouring characters of it are a word of a `tsvector`.

Chinese is written without blanks, and dictionaries do not know the shop's goods; pairs of characters find every part of a
text, of two characters as well, which PostgreSQL's trigrams do not. A search has two conditions: `may_hold_words` asks the
index and may let through a text in which the pairs stand apart, `holds_words` looks at the text itself. Both compare capitals,
as `icontains` does, so that the index never hides what a scan would find.
"""

import re
from collections.abc import Iterable
from functools import reduce
from operator import and_
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, F, Func, Q, Value

from shopcomm.core.database.prepared import Given
from shopcomm.core.search.query import has_longer_uppercase

# KiB that new texts may fill before whoever writes has to sort them in. The task `search.sort_in` does it long before,
# so that nobody who sends a message ever waits for it.
UNSORTED_KIB = 16 * 1024


class Bigrams(Func):
    """The pairs of a column's text; the function is made by the first migration of `shopcomm.core.search`."""

    function = "search_bigrams"
    arity = 1
    output_field = SearchVectorField()


def bigram_index(expression: str | Func, *, name: str, condition: Q | None = None) -> GinIndex:
    """An index by which every part of a text is found."""
    return GinIndex(Bigrams(expression), name=name, condition=condition, gin_pending_list_limit=UNSORTED_KIB)


def holds_words(field: str, words: Iterable[str]) -> Q:
    """The rows whose text holds every one of the words, in capitals or not."""
    return reduce(and_, (Q(**{f"{field}__icontains": word}) for word in words), Q())


def may_hold_words(field: str, words: Iterable[str]) -> Q:
    """The rows among which `holds_words` has to look, by the index; all of them when the words have nothing it knows."""
    asked = bigram_tsquery(words)
    return may_hold_pairs(field, asked) if asked else Q()


def may_hold_pairs(field: str, asked: str) -> Q:
    """The same for what `bigram_tsquery` has made of the words, or stands for it in a prepared statement."""
    value = asked if isinstance(asked, Given) else Value(asked)
    wanted = Func(value, template="upper(%(expressions)s)::tsquery", output_field=SearchVectorField())
    found = Func(
        Bigrams(F(field)),
        wanted,
        template="(%(expressions)s)",
        arg_joiner=" @@ ",
        output_field=BooleanField(),
    )
    return Q(found)


def part_of(column: str, text: str) -> tuple[str, list[Any]]:
    """Both conditions in SQL, for what is asked in UNIONs: that a column has this text somewhere; and the parameters."""
    exact, pattern = f"upper({column}) LIKE upper(%s)", f"%{like_pattern(text)}%"
    asked = bigram_tsquery([text])
    if not asked:
        return exact, [pattern]
    return f"search_bigrams({column}) @@ upper(%s)::tsquery AND {exact}", [asked, pattern]


def bigram_tsquery(words: Iterable[str]) -> str:
    """The pairs of all words as PostgreSQL's `tsquery`, still to be put in capitals; a single character begins a pair."""
    terms = [
        _quoted(pair) if len(pair) == 2 else f"{_quoted(pair)}:*"
        for word in words
        for pair in character_pairs(word)
    ]
    return " & ".join(dict.fromkeys(terms))


def character_pairs(word: str) -> list[str]:
    """The neighbouring characters of a word, or its only one; without those that the index may know by another name."""
    found = [word[at : at + 2] for at in range(len(word) - 1)] or [word]
    return [pair for pair in found if not any(map(has_longer_uppercase, pair))]


def like_pattern(text: str) -> str:
    """The text for a LIKE, in which `%` and `_` mean themselves."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def _quoted(pair: str) -> str:
    doubled = pair.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"
